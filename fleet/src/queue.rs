//! The queue (apalis): which resize a worker takes next. The store decides whether the worker may run it.

use std::time::Duration;

use apalis::prelude::{TaskBuilder, TaskSink};
use apalis_sqlite::{SqlitePool, SqlitePoolOptions, SqliteStorage};

use crate::Error;
use crate::store::{Store, is_postgres};

const NAME: &str = "fleet";

/// Creates the queue's tables.
pub(crate) async fn set_up(url: &str) -> Result<(), Error> {
    if is_postgres(url) {
        #[cfg(feature = "postgres")]
        apalis_postgres::PostgresStorage::<()>::setup(&postgres(url).await?).await?;
        return Ok(());
    }
    // Not `SqliteStorage::setup`, which turns off `synchronous` on the connection.
    SqliteStorage::migrations()
        .set_ignore_missing(true)
        .run(&sqlite(url).await?)
        .await?;
    Ok(())
}

async fn sqlite(url: &str) -> Result<SqlitePool, Error> {
    Ok(SqlitePoolOptions::new()
        .max_connections(2)
        .acquire_timeout(Duration::from_secs(10))
        .connect(url)
        .await?)
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str) -> Result<sqlx::PgPool, Error> {
    let options = sqlx::postgres::PgPoolOptions::new();
    Ok(options
        .max_connections(2)
        .acquire_timeout(Duration::from_secs(10))
        .connect(url)
        .await?)
}

/// The backend of a worker. It heartbeats three times in a lease, and is dead after a lease without one.
#[derive(Clone)]
pub(crate) enum Queue {
    Sqlite(SqliteStorage<String>),
    #[cfg(feature = "postgres")]
    Postgres(apalis_postgres::PostgresStorage<String>),
}

impl Queue {
    pub(crate) async fn open(store: &Store, lease: Duration) -> Result<Self, Error> {
        let url = store.url();
        // One at a time: a worker does not heartbeat while it holds a batch that it cannot begin.
        // No locks: apalis-sqlite writes them without a check of the owner, so that a worker that was suspended
        // would take jobs from others.
        #[cfg(feature = "postgres")]
        if store.is_postgres() {
            let config = apalis_postgres::Config::default()
                .queue(NAME)
                .batch_size(1)
                .heartbeat_interval(lease / 3)
                .missed_heartbeats(3)
                .lock_tasks(false);
            let pool = postgres(url).await?;
            let storage = apalis_postgres::PostgresStorage::new(&pool).with_config(config);
            return Ok(Self::Postgres(storage));
        }
        let config = apalis_sqlite::Config::default()
            .queue(NAME)
            .batch_size(1)
            .heartbeat_interval(lease / 3)
            .missed_heartbeats(3)
            .lock_tasks(false);
        Ok(Self::Sqlite(
            SqliteStorage::new(&sqlite(url).await?).with_config(config),
        ))
    }
    /// Puts a job into the queue. It may be there twice: only one worker can claim it.
    pub(crate) async fn push(&mut self, id: String) -> Result<(), Error> {
        // A job fails in the queue only if its claim failed. It is due at any time of the clock.
        let task = TaskBuilder::new(id)
            .max_attempts(1_000_000)
            .run_at_timestamp(0)
            .build();
        match self {
            Self::Sqlite(backend) => backend.push_task(task).await?,
            #[cfg(feature = "postgres")]
            Self::Postgres(backend) => backend.push_task(task).await?,
        }
        Ok(())
    }
}
