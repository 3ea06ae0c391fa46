//! The resizes in SQLite: what was accepted, the last resume key, and how it ended.

use std::sync::{Arc, Mutex, PoisonError};

use aliyun_ecs::Resize;
use aliyun_ecs::resize::ResumeKey;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A row that is not done, for a worker.
pub(crate) struct Open {
    pub(crate) resize: Resize,
    /// `None` until the first event.
    pub(crate) key: Option<ResumeKey>,
}

#[derive(Debug, Clone)]
pub(crate) struct Store(Arc<Mutex<Connection>>);

impl Store {
    pub(crate) fn open(path: &str) -> Result<Self, Error> {
        let connection = Connection::open(path)?;
        // FULL: a key must be on the disk before the next request is sent.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS resizes (
                 id TEXT PRIMARY KEY,
                 instance_id TEXT NOT NULL,
                 resize TEXT NOT NULL,
                 resume_key TEXT,
                 event TEXT,
                 result TEXT
             );
             CREATE UNIQUE INDEX IF NOT EXISTS one_per_instance
                 ON resizes (instance_id) WHERE result IS NULL;",
        )?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// SQLite blocks, so it runs on a thread where that is allowed.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let shared = Arc::clone(&self.0);
        let work = move || work(&shared.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::spawn_blocking(work).await?
    }

    /// Adds a resize under its client token. `false` if its instance has an open one.
    pub(crate) async fn add(&self, resize: &Resize) -> Result<bool, Error> {
        let (id, instance_id) = (
            resize.client_token().to_string(),
            resize.instance_id().to_string(),
        );
        let resize = serde_json::to_string(resize)?;
        self.with(move |sql| {
            let insert = "INSERT OR IGNORE INTO resizes (id, instance_id, resize) VALUES (?, ?, ?)";
            Ok(sql.execute(insert, params![id, instance_id, resize])? == 1)
        })
        .await
    }

    /// Stores an event and its key. Called before the run is polled again.
    pub(crate) async fn record(&self, id: String, key: String, event: String) -> Result<(), Error> {
        self.with(move |sql| {
            let update = "UPDATE resizes SET resume_key = ?, event = ? WHERE id = ?";
            sql.execute(update, params![key, event, id])?;
            Ok(())
        })
        .await
    }

    /// Stores how a resize ended.
    pub(crate) async fn end(&self, id: String, result: Value) -> Result<(), Error> {
        self.with(move |sql| {
            sql.execute(
                "UPDATE resizes SET result = ? WHERE id = ?",
                params![result.to_string(), id],
            )?;
            Ok(())
        })
        .await
    }

    /// The last event of a resize, and its result once it has ended.
    pub(crate) async fn get(&self, id: String) -> Result<Option<(Value, Value)>, Error> {
        self.with(move |sql| {
            let select = "SELECT event, result FROM resizes WHERE id = ?";
            let row = sql.query_row(select, [id], |row| {
                Ok((
                    row.get::<_, Option<String>>(0)?,
                    row.get::<_, Option<String>>(1)?,
                ))
            });
            let json = |text: Option<String>| match text {
                Some(text) => serde_json::from_str(&text),
                None => Ok(Value::Null),
            };
            let Some((event, result)) = row.optional()? else {
                return Ok(None);
            };
            Ok(Some((json(event)?, json(result)?)))
        })
        .await
    }

    /// The resizes that an earlier process left open.
    pub(crate) async fn open_resizes(&self) -> Result<Vec<Open>, Error> {
        self.with(|sql| {
            let mut select =
                sql.prepare("SELECT resize, resume_key FROM resizes WHERE result IS NULL")?;
            let rows = select.query_map([], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
            })?;
            let mut open = Vec::new();
            for row in rows {
                let (resize, key) = row?;
                let resize = serde_json::from_str(&resize)?;
                let key = key.map(|key| key.parse()).transpose()?;
                open.push(Open { resize, key });
            }
            Ok(open)
        })
        .await
    }
}
