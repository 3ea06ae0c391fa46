//! The store: one row for each resize, next to the queue's own tables.
//!
//! A worker claims a row before it runs the resize. Each claim raises the row's epoch, and each later statement of the
//! worker names its epoch: it has no effect once another worker has claimed the row. All times are the database's.

use std::collections::BTreeSet;
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::resize::MaxFailures;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, AnyRow};
use sqlx::{Any, AnyPool, AssertSqlSafe, Connection, Executor, Row};

use crate::Error;
use crate::rows::{Cancelled, Claim, Count, Ended, Job, NewJob, Progress};

/// `{now}`, in statements: the database's time in milliseconds.
const NOW_SQLITE: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
const NOW_POSTGRES: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// How long a row that was handed to the queue is not handed to it again.
const HANDOVER: Duration = Duration::from_secs(10);

const SCHEMA: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS fleet_jobs (
        id TEXT NOT NULL PRIMARY KEY,
        plan TEXT NOT NULL,
        plan_size BIGINT NOT NULL,
        line BIGINT NOT NULL,
        instance_id TEXT NOT NULL,
        region_id TEXT NOT NULL,
        profile TEXT,
        endpoint TEXT,
        from_type TEXT NOT NULL,
        to_type TEXT NOT NULL,
        price TEXT,
        quoted TEXT,
        currency TEXT,
        never_stop BIGINT NOT NULL,
        state TEXT NOT NULL,
        phase TEXT NOT NULL,
        resume_key TEXT NOT NULL,
        outcome TEXT,
        message TEXT,
        order_state TEXT NOT NULL DEFAULT 'not_placed',
        order_id TEXT,
        owner TEXT,
        epoch BIGINT NOT NULL DEFAULT 0,
        lease_until BIGINT NOT NULL DEFAULT 0,
        queued_epoch BIGINT NOT NULL DEFAULT -1,
        queued_at BIGINT NOT NULL DEFAULT 0,
        failures BIGINT NOT NULL DEFAULT 0,
        cancel BIGINT NOT NULL DEFAULT 0
    )",
    "CREATE UNIQUE INDEX IF NOT EXISTS fleet_jobs_open ON fleet_jobs (instance_id) WHERE state = 'open'",
    "CREATE INDEX IF NOT EXISTS fleet_jobs_state ON fleet_jobs (state, plan)",
];

/// The condition that a row has begun, or that its plan has no more failures than allowed.
fn may_begin(max_failures: MaxFailures) -> String {
    let allowed = match max_failures {
        MaxFailures::Count(count) => i64::try_from(count).unwrap_or(i64::MAX).to_string(),
        MaxFailures::Percent(percent) => format!("plan_size * {percent} / 100"),
        _ => return "TRUE".into(),
    };
    format!(
        "(epoch > 0 OR (SELECT COUNT(*) FROM fleet_jobs AS other
            WHERE other.plan = fleet_jobs.plan AND other.state = 'failed') <= {allowed})"
    )
}

/// What a command does with the database.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Access {
    /// Creates what is missing.
    Create,
    Write,
    Read,
}

/// The database.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: AnyPool,
    url: String,
}

impl Store {
    /// Opens the database, and checks that it has the table and can be written, as far as the access requires it.
    pub(crate) async fn open(queue: &str, access: Access) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let url = url(queue)?;
        let create = access == Access::Create;
        let failed = |error: sqlx::Error| {
            let hint = match code(&error) {
                Some(code) if !create && is_missing(&code) => "; `fleet plan` creates it",
                _ => "",
            };
            format!(
                "failed to open the queue {}: {error}{hint}",
                redacted(queue)
            )
        };
        if create && !is_postgres(&url) {
            // Only here: a worker whose file is missing for a while must not continue with a new one.
            let creating = url.replace("?mode=rw", "?mode=rwc");
            sqlx::AnyConnection::connect(&creating)
                .await
                .map_err(failed)?
                .close()
                .await?;
        }
        let pool = AnyPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(10))
            .connect(&url)
            .await
            .map_err(failed)?;
        let store = Self { pool, url };
        store.check(access).await.map_err(failed)?;
        if create {
            if !store.is_postgres() {
                // Readers do not block writers then. `synchronous` stays FULL: a stored key survives a loss of power.
                sqlx::query("PRAGMA journal_mode = WAL")
                    .execute(&store.pool)
                    .await?;
            }
            store.set_up_queue().await?;
            for statement in SCHEMA {
                store.create(statement).await?;
            }
        }
        Ok(store)
    }

    /// Fails if the table is missing or cannot be written, which no waiting changes. All other errors may pass.
    async fn check(&self, access: Access) -> Result<(), sqlx::Error> {
        let statement = match access {
            Access::Create => return Ok(()),
            Access::Write => "UPDATE fleet_jobs SET epoch = epoch WHERE 1 = 0",
            Access::Read => "SELECT 1 FROM fleet_jobs WHERE 1 = 0",
        };
        match sqlx::query(statement).execute(&self.pool).await {
            Err(error) if code(&error).is_some_and(|code| is_permanent(&code)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Creates the queue's tables. If another process does the same at this moment, one of the two fails at first.
    async fn set_up_queue(&self) -> Result<(), Error> {
        for _ in 0..10 {
            if crate::queue::set_up(&self.url).await.is_ok() {
                return Ok(());
            }
            SystemClock::new().sleep(Duration::from_millis(300)).await;
        }
        crate::queue::set_up(&self.url).await
    }

    /// Creates a table or index. Several processes may do so at the same time.
    async fn create(&self, statement: &'static str) -> Result<(), Error> {
        match sqlx::query(statement).execute(&self.pool).await {
            // PostgreSQL: another process has created it meanwhile.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(()),
            other => Ok(other.map(drop)?),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn is_postgres(&self) -> bool {
        is_postgres(&self.url)
    }

    fn sql(&self, statement: &str) -> AssertSqlSafe<String> {
        let now = match self.is_postgres() {
            true => NOW_POSTGRES,
            false => NOW_SQLITE,
        };
        // Only constants are put in; values are bound.
        AssertSqlSafe(statement.replace("{now}", now))
    }

    /// Stores all resizes of a plan, or none.
    pub(crate) async fn insert(&self, plan: &str, jobs: &[NewJob]) -> Result<(), Error> {
        let size = i64::try_from(jobs.len())?;
        let mut transaction = self.pool.begin().await?;
        for job in jobs {
            let state = if job.outcome.is_some() {
                "done"
            } else {
                "open"
            };
            sqlx::query(
                "INSERT INTO fleet_jobs (id, plan, plan_size, line, instance_id, region_id, profile, endpoint, from_type, to_type,
                    price, currency, never_stop, state, phase, resume_key, outcome)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'waiting', $15, $16)",
            )
            .bind(&job.id)
            .bind(plan)
            .bind(size)
            .bind(i64::try_from(job.line).unwrap_or_default())
            .bind(&job.instance_id)
            .bind(&job.region_id)
            .bind(&job.profile)
            .bind(&job.endpoint)
            .bind(&job.from_type)
            .bind(&job.to_type)
            .bind(&job.price)
            .bind(&job.currency)
            .bind(i64::from(job.never_stop))
            .bind(state)
            .bind(&job.resume_key)
            .bind(&job.outcome)
            .execute(&mut *transaction)
            .await
            .map_err(|error| match error {
                sqlx::Error::Database(error) if error.is_unique_violation() => {
                    Error::from(format!("{} has a resize that has not ended", job.instance_id))
                }
                error => error.into(),
            })?;
            // Again: other plans may have been stored and cancelled while this one waited for its confirmation.
            if let Some(why) = earlier(&mut *transaction, &job.instance_id, plan).await? {
                return Err(format!("{} {why}", job.instance_id).into());
            }
        }
        Ok(transaction.commit().await?)
    }

    /// Fails if resizes were planned for another endpoint: what was rehearsed on a simulator must not be ordered.
    pub(crate) async fn check_endpoint(&self, endpoint: Option<&str>) -> Result<(), Error> {
        let statement = "SELECT COALESCE(endpoint, '') FROM fleet_jobs WHERE COALESCE(endpoint, '') <> $1 LIMIT 1";
        let row = sqlx::query(statement)
            .bind(endpoint.unwrap_or_default())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else {
            return Ok(());
        };
        let name = |endpoint: &str| match endpoint {
            "" => "without --endpoint".to_owned(),
            endpoint => format!("with --endpoint {endpoint}"),
        };
        let planned: String = row.try_get(0)?;
        Err(format!(
            "the queue has resizes that were planned {}, and this command runs {}: use another --queue",
            name(&planned),
            name(endpoint.unwrap_or_default()),
        )
        .into())
    }

    /// Why no further plan may be stored for an instance, if so.
    pub(crate) async fn earlier(&self, instance_id: &str) -> Result<Option<&'static str>, Error> {
        earlier(&self.pool, instance_id, "").await
    }

    /// The rows that no worker runs and that are not in the queue. They count as handed over for a short while, so
    /// that only one worker puts them into the queue; [`queued`](Self::queued) makes that permanent.
    pub(crate) async fn to_queue(
        &self,
        max_failures: MaxFailures,
    ) -> Result<Vec<(String, i64)>, Error> {
        let may_begin = may_begin(max_failures);
        let statement = format!(
            "UPDATE fleet_jobs SET queued_at = {{now}} WHERE state = 'open' AND lease_until <= {{now}}
                AND queued_epoch < epoch AND (queued_at <= {{now}} - $1 OR queued_at > {{now}}) AND {may_begin} RETURNING id, epoch, line"
        );
        let rows = sqlx::query(self.sql(&statement))
            .bind(milliseconds(HANDOVER))
            .fetch_all(&self.pool)
            .await?;
        let mut rows = rows
            .iter()
            .map(|row| Ok((row.try_get(2)?, row.try_get(0)?, row.try_get(1)?)))
            .collect::<Result<Vec<(i64, String, i64)>, sqlx::Error>>()?;
        rows.sort();
        Ok(rows.into_iter().map(|(_, id, epoch)| (id, epoch)).collect())
    }

    /// Records that rows are in the queue, unless a claim has taken them out meanwhile.
    pub(crate) async fn queued(&self, rows: &[(String, i64)]) -> Result<(), Error> {
        let statement = "UPDATE fleet_jobs SET queued_epoch = $2 WHERE id = $1 AND queued_epoch < $2 AND queued_at > 0";
        if self.is_postgres() {
            // One by one: a worker that is suspended within a transaction would lock its rows for the others.
            for (id, epoch) in rows {
                sqlx::query(statement)
                    .bind(id)
                    .bind(epoch)
                    .execute(&self.pool)
                    .await?;
            }
            return Ok(());
        }
        let mut transaction = self.pool.begin().await?;
        for (id, epoch) in rows {
            sqlx::query(statement)
                .bind(id)
                .bind(epoch)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Claims a row, unless it has ended, another worker holds it, or too many of its plan have failed.
    pub(crate) async fn claim(
        &self,
        id: &str,
        owner: &str,
        lease: Duration,
        max_failures: MaxFailures,
    ) -> Result<Option<Claim>, Error> {
        let may_begin = may_begin(max_failures);
        let statement = format!(
            "UPDATE fleet_jobs SET owner = $2, epoch = epoch + 1, lease_until = {{now}} + $3
            WHERE id = $1 AND state = 'open' AND lease_until <= {{now}} AND {may_begin}
            RETURNING id, epoch, resume_key, region_id, profile, never_stop, failures, cancel,
                instance_id"
        );
        let row = sqlx::query(self.sql(&statement))
            .bind(id)
            .bind(owner)
            .bind(milliseconds(lease))
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else {
            // Too many others have failed, or the clock was set back: queue it again when it can be claimed.
            let statement = "UPDATE fleet_jobs SET queued_epoch = -1, queued_at = 0 WHERE id = $1 AND state = 'open'";
            sqlx::query(statement).bind(id).execute(&self.pool).await?;
            return Ok(None);
        };
        Ok(Some(Claim {
            id: row.try_get(0)?,
            epoch: row.try_get(1)?,
            resume_key: row.try_get(2)?,
            region_id: row.try_get(3)?,
            profile: row.try_get(4)?,
            never_stop: row.try_get::<i64, _>(5)? != 0,
            failures: row.try_get(6)?,
            cancel: row.try_get::<i64, _>(7)? != 0,
            instance_id: row.try_get(8)?,
        }))
    }

    /// Renews the lease, with what an event has to store, in one statement. Returns whether the resize is cancelled;
    /// `None` if the worker has lost the row.
    pub(crate) async fn renew(
        &self,
        claim: &Claim,
        lease: Duration,
        progress: Option<&Progress>,
    ) -> Result<Option<bool>, Error> {
        let statement = "UPDATE fleet_jobs SET lease_until = {now} + $3, resume_key = COALESCE($4, resume_key),
                phase = COALESCE($5, phase), message = COALESCE($6, message), order_id = COALESCE($7, order_id),
                order_state = COALESCE($8, order_state), quoted = COALESCE($9, quoted)
            WHERE id = $1 AND epoch = $2 AND state = 'open' RETURNING cancel";
        let row = sqlx::query(self.sql(statement))
            .bind(&claim.id)
            .bind(claim.epoch)
            .bind(milliseconds(lease))
            .bind(progress.map(|progress| &*progress.resume_key))
            .bind(progress.map(|progress| &*progress.phase))
            .bind(progress.map(|progress| &*progress.message))
            .bind(progress.and_then(|progress| progress.order_id.as_deref()))
            .bind(progress.map(|progress| progress.order_state))
            .bind(progress.and_then(|progress| progress.quoted.as_deref()))
            .fetch_optional(&self.pool)
            .await?;
        Ok(row
            .map(|row| row.try_get::<i64, _>(0))
            .transpose()?
            .map(|cancel| cancel != 0))
    }

    /// Stores how an attempt ended, and gives up the lease. Returns whether the worker still held the row.
    pub(crate) async fn finish(&self, claim: &Claim, ended: &Ended) -> Result<bool, Error> {
        let failed = matches!(ended.state, "open" | "failed");
        let statement = "UPDATE fleet_jobs SET state = $3, outcome = $4, message = $5,
                resume_key = COALESCE($6, resume_key), order_state = COALESCE($7, order_state),
                order_id = COALESCE($8, order_id), owner = NULL, lease_until = {now} + $9,
                failures = failures + $10, quoted = COALESCE($11, quoted)
            WHERE id = $1 AND epoch = $2 AND state = 'open'";
        let result = sqlx::query(self.sql(statement))
            .bind(&claim.id)
            .bind(claim.epoch)
            .bind(ended.state)
            .bind(&ended.outcome)
            .bind(&ended.message)
            .bind(&ended.resume_key)
            .bind(ended.order_state)
            .bind(&ended.order_id)
            .bind(milliseconds(ended.pause))
            .bind(i64::from(failed))
            .bind(&ended.quoted)
            .execute(&self.pool)
            .await?;
        Ok(result.rows_affected() > 0)
    }

    /// Cancels the resizes of these instances that have not ended, or all of them if the list is empty.
    pub(crate) async fn cancel(&self, instances: &[String]) -> Result<Cancelled, Error> {
        let mut cancelled = Cancelled::default();
        let one_or_all: BTreeSet<Option<&str>> = match instances {
            [] => [None].into(),
            ids => ids.iter().map(|id| Some(&**id)).collect(),
        };
        for id in one_or_all {
            // A resize that no worker has ever claimed has changed nothing.
            let ended = sqlx::query(
                "UPDATE fleet_jobs SET state = 'cancelled', outcome = 'cancelled', message = 'cancelled before it began'
                WHERE state = 'open' AND epoch = 0 AND (CAST($1 AS TEXT) IS NULL OR instance_id = $2)",
            )
            .bind(id)
            .bind(id)
            .execute(&self.pool)
            .await?
            .rows_affected();
            let asked = sqlx::query(
                "UPDATE fleet_jobs SET cancel = 1 WHERE state = 'open' AND (CAST($1 AS TEXT) IS NULL OR instance_id = $2)",
            )
            .bind(id)
            .bind(id)
            .execute(&self.pool)
            .await?
            .rows_affected();
            cancelled.ended += ended;
            cancelled.asked += asked;
            if let (0, Some(id)) = (ended + asked, id) {
                cancelled.unknown.push(id.to_owned());
            }
        }
        Ok(cancelled)
    }

    /// Reopens the resizes that have failed or were cancelled after they had begun, where no later plan has the instance.
    pub(crate) async fn retry_failed(&self) -> Result<u64, Error> {
        let statement = "UPDATE fleet_jobs SET state = 'open', phase = 'waiting', failures = 0, cancel = 0, lease_until = 0
            WHERE (state = 'failed' OR (state = 'cancelled' AND epoch > 0)) AND NOT EXISTS (SELECT 1 FROM fleet_jobs AS later
                WHERE later.instance_id = fleet_jobs.instance_id AND later.plan > fleet_jobs.plan)";
        Ok(sqlx::query(statement)
            .execute(&self.pool)
            .await?
            .rows_affected())
    }

    /// How many rows are in each state and phase.
    pub(crate) async fn counts(&self) -> Result<Vec<Count>, Error> {
        let rows = sqlx::query(
            "SELECT state, phase, COUNT(*) FROM fleet_jobs GROUP BY state, phase ORDER BY 1, 2",
        )
        .fetch_all(&self.pool)
        .await?;
        let count = |row: &AnyRow| {
            Ok(Count {
                state: row.try_get(0)?,
                phase: row.try_get(1)?,
                jobs: u64::try_from(row.try_get::<i64, _>(2)?).unwrap_or_default(),
            })
        };
        Ok(rows.iter().map(count).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Whether no open row has begun or may begin.
    pub(crate) async fn is_halted(&self, max_failures: MaxFailures) -> Result<bool, Error> {
        let may_begin = may_begin(max_failures);
        let statement =
            format!("SELECT COUNT(*) FROM fleet_jobs WHERE state = 'open' AND {may_begin}");
        let row = sqlx::query(self.sql(&statement))
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get::<i64, _>(0)? == 0)
    }

    /// All rows, in the order of their plans.
    pub(crate) async fn jobs(&self) -> Result<Vec<Job>, Error> {
        let rows = sqlx::query(
            "SELECT instance_id, region_id, profile, from_type, to_type, COALESCE(quoted, price), currency, state, phase, resume_key,
                outcome, message, order_state, order_id, epoch FROM fleet_jobs ORDER BY plan, line",
        )
        .fetch_all(&self.pool)
        .await?;
        let job = |row: &AnyRow| {
            Ok(Job {
                instance_id: row.try_get(0)?,
                region_id: row.try_get(1)?,
                profile: row.try_get(2)?,
                from_type: row.try_get(3)?,
                to_type: row.try_get(4)?,
                price: row.try_get(5)?,
                currency: row.try_get(6)?,
                state: row.try_get(7)?,
                phase: row.try_get(8)?,
                resume_key: row.try_get(9)?,
                outcome: row.try_get(10)?,
                message: row.try_get(11)?,
                order_state: row.try_get(12)?,
                order_id: row.try_get(13)?,
                begun: row.try_get::<i64, _>(14)? > 0,
            })
        };
        Ok(rows.iter().map(job).collect::<Result<_, sqlx::Error>>()?)
    }
}

/// Why no further plan may be stored for an instance, if so: a resize of another plan has not ended, or may have placed
/// an order which is not in effect.
async fn earlier<'e>(
    executor: impl Executor<'e, Database = Any>,
    instance_id: &str,
    plan: &str,
) -> Result<Option<&'static str>, Error> {
    let statement =
        "SELECT state, order_state FROM fleet_jobs WHERE instance_id = $1 AND plan <> $2";
    let rows = sqlx::query(statement)
        .bind(instance_id)
        .bind(plan)
        .fetch_all(executor)
        .await?;
    for row in rows {
        let (state, order): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        match (&*state, &*order) {
            ("open", _) => return Ok(Some("has a resize that has not ended")),
            ("failed" | "cancelled", "placed" | "unknown") => {
                return Ok(Some(
                    "has a resize that has failed after it may have ordered: resume that one with \
                                `fleet run --retry-failed`",
                ));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// The code of an error of the database: the primary one of SQLite, or the SQLSTATE of PostgreSQL.
fn code(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?.into_owned();
    Some(match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => (number & 0xff).to_string(),
        _ => code,
    })
}

/// The file, or a table in it, does not exist.
fn is_missing(code: &str) -> bool {
    matches!(code, "1" | "14" | "42P01")
}

/// A table is missing, the database is read-only or not permitted, or the file is not a database.
fn is_permanent(code: &str) -> bool {
    is_missing(code) || matches!(code, "8" | "26" | "25006" | "42501")
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

pub(crate) fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

fn is_scheme(text: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(valid)
}

/// The queue as errors show it: a path, or the URL without its password and parameters.
fn redacted(queue: &str) -> String {
    if !is_postgres(queue) {
        return queue.to_owned();
    }
    let Ok(mut url) = queue.parse::<AnyConnectOptions>().map(|it| it.database_url) else {
        return "with an invalid URL".into();
    };
    // Fails only without a host, and then there is no password.
    let _ = url.set_password(None);
    // A parameter may be the password too.
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// The URL of a database: a path is one of SQLite.
fn url(queue: &str) -> Result<String, Error> {
    if is_postgres(queue) {
        return match cfg!(feature = "postgres") {
            true => Ok(queue.to_owned()),
            false => {
                Err("this build has no PostgreSQL; build it with `--features postgres`".into())
            }
        };
    }
    let path = match queue.split_once("://") {
        Some(("sqlite", path)) if path.contains('?') => {
            let what = "sqlite:// takes no parameters (there is a `?`)";
            return Err(format!("invalid --queue: {what}; give the path alone").into());
        }
        Some(("sqlite", path)) => path,
        Some((scheme, _)) if is_scheme(scheme) => {
            let known = "give a path, sqlite:// or postgres://";
            return Err(format!("invalid --queue: {scheme}:// is not supported; {known}").into());
        }
        _ => queue,
    };
    // These characters have a special meaning in a URL.
    let path = path
        .replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23");
    Ok(format!("sqlite://{path}?mode=rw"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: &str) -> NewJob {
        NewJob {
            id: id.into(),
            line: 1,
            instance_id: "i-1".into(),
            region_id: "cn-hangzhou".into(),
            profile: None,
            endpoint: None,
            from_type: "ecs.g5.large".into(),
            to_type: "ecs.g5.xlarge".into(),
            price: None,
            currency: None,
            never_stop: false,
            resume_key: String::new(),
            outcome: None,
        }
    }

    #[tokio::test]
    async fn a_queue_belongs_to_one_endpoint() {
        let store = opened("rw").await;
        store.check_endpoint(Some("http://a")).await.unwrap();
        let endpoint = Some("http://a".to_owned());
        let planned = NewJob {
            endpoint,
            ..job("1")
        };
        store.insert("plan 1", &[planned]).await.unwrap();
        store.check_endpoint(Some("http://a")).await.unwrap();
        for (other, text) in [
            (None, "runs without --endpoint"),
            (Some("http://b"), "runs with --endpoint http://b"),
        ] {
            let error = store.check_endpoint(other).await.unwrap_err().to_string();
            assert!(
                error.contains("planned with --endpoint http://a"),
                "{error}"
            );
            assert!(error.contains(text), "{error}");
        }
        std::fs::remove_file(store.url()).unwrap();
    }

    #[tokio::test]
    async fn a_row_whose_claim_fails_before_it_counts_as_queued_is_queued_again() {
        let store = opened("rw").await;
        let other = NewJob {
            instance_id: "i-2".into(),
            ..job("2")
        };
        store.insert("plan", &[job("1"), other]).await.unwrap();
        let fail = sqlx::query("UPDATE fleet_jobs SET state = 'failed' WHERE id = '2'");
        let none = MaxFailures::Count(0);
        let rows = store.to_queue(MaxFailures::Count(1)).await.unwrap();
        fail.execute(&store.pool).await.unwrap();
        let claim = store.claim("1", "a", Duration::from_secs(30), none).await;
        assert!(claim.unwrap().is_none());
        store.queued(&rows).await.unwrap();
        let again = store.to_queue(MaxFailures::Count(1)).await.unwrap();
        assert_eq!(again, [("1".to_owned(), 0)]);
        std::fs::remove_file(store.url()).unwrap();
    }

    #[tokio::test]
    async fn a_plan_is_not_stored_if_another_one_may_have_ordered_since_it_was_made() {
        let path = std::env::temp_dir().join(format!("fleet-store-{}.db", uuid::Uuid::new_v4()));
        let store = Store::open(path.to_str().unwrap(), Access::Create)
            .await
            .unwrap();
        store.insert("plan 1", &[job("1")]).await.unwrap();
        for (state, order_state, why) in [
            ("open", "not_placed", "has a resize that has not ended"),
            ("cancelled", "placed", "may have ordered"),
            ("failed", "unknown", "may have ordered"),
        ] {
            let statement = "UPDATE fleet_jobs SET state = $1, order_state = $2";
            let update = sqlx::query(statement).bind(state).bind(order_state);
            update.execute(&store.pool).await.unwrap();
            let error = store.insert("plan 2", &[job("2")]).await.unwrap_err();
            assert!(error.to_string().contains(why), "{state}: {error}");
            assert_eq!(store.jobs().await.unwrap().len(), 1);
        }
        sqlx::query("UPDATE fleet_jobs SET order_state = 'not_placed'")
            .execute(&store.pool)
            .await
            .unwrap();
        store.insert("plan 2", &[job("2")]).await.unwrap();
        for end in ["", "-shm", "-wal"] {
            let _ = std::fs::remove_file(format!("{}{end}", path.display()));
        }
    }

    /// A database with the table in a new folder, opened in this mode of SQLite, without waits for locks.
    async fn opened(mode: &str) -> Store {
        sqlx::any::install_default_drivers();
        let path = std::env::temp_dir().join(format!("fleet-store-{}.db", uuid::Uuid::new_v4()));
        let url = url(path.to_str().unwrap()).unwrap();
        let pool = |mode: &str| {
            let url = url.replace("mode=rw", &format!("mode={mode}"));
            async move {
                let pool = AnyPoolOptions::new().max_connections(1);
                pool.connect(&url).await.unwrap()
            }
        };
        let writer = pool("rwc").await;
        for statement in SCHEMA {
            sqlx::query(statement).execute(&writer).await.unwrap();
        }
        writer.close().await;
        let store = Store {
            pool: pool(mode).await,
            url: path.to_str().unwrap().to_owned(),
        };
        sqlx::query("PRAGMA busy_timeout = 0")
            .execute(&store.pool)
            .await
            .unwrap();
        store
    }

    #[test]
    fn errors_show_a_queue_without_its_password() {
        for (queue, shown) in [
            ("fleet?.db", "fleet?.db"),
            (
                "postgres://user:p%40ss@host:5433/db?sslmode=disable",
                "postgres://user@host:5433/db",
            ),
            (
                "postgresql://host/db?user=u&password=secret#secret",
                "postgresql://host/db",
            ),
            ("postgres://user:se/cret@host/db", "with an invalid URL"),
            ("postgres://user:secret@/db", "with an invalid URL"),
            ("postgres:///db?host=/run", "postgres:///db"),
        ] {
            assert_eq!(redacted(queue), shown);
        }
    }

    #[test]
    fn a_path_may_have_any_characters_and_a_url_must_be_of_a_known_scheme() {
        for (queue, expected) in [
            ("fleet?.db", "sqlite://fleet%3F.db?mode=rw"),
            ("a/b://c", "sqlite://a/b://c?mode=rw"),
            ("sqlite:///data/f#.db", "sqlite:///data/f%23.db?mode=rw"),
        ] {
            assert_eq!(url(queue).unwrap(), expected);
        }
        for (queue, expected) in [
            (
                "mysql://user:secret@host/db",
                "invalid --queue: mysql:// is not supported; give a path, sqlite:// or postgres://",
            ),
            (
                "Postgres://user:secret@host/db",
                "invalid --queue: Postgres:// is not supported; give a path, sqlite:// or postgres://",
            ),
            (
                "sqlite://fleet.db?mode=ro",
                "invalid --queue: sqlite:// takes no parameters (there is a `?`); give the path alone",
            ),
        ] {
            assert_eq!(url(queue).unwrap_err().to_string(), expected);
        }
    }

    #[tokio::test]
    async fn a_read_only_database_is_rejected_for_writing_only() {
        let store = opened("ro").await;
        store.check(Access::Read).await.unwrap();
        let error = store.check(Access::Write).await.unwrap_err().to_string();
        assert!(error.contains("readonly"), "{error}");
        std::fs::remove_file(store.url()).unwrap();
    }

    #[tokio::test]
    async fn a_locked_database_is_not_rejected() {
        let store = opened("rw").await;
        let mut lock = sqlx::AnyConnection::connect(&url(store.url()).unwrap())
            .await
            .unwrap();
        sqlx::query("BEGIN EXCLUSIVE")
            .execute(&mut lock)
            .await
            .unwrap();
        let write = "UPDATE fleet_jobs SET epoch = 0";
        let locked = sqlx::query(write).execute(&store.pool).await.unwrap_err();
        assert_eq!(code(&locked).as_deref(), Some("5"));
        store.check(Access::Write).await.unwrap();
        lock.close().await.unwrap();
        std::fs::remove_file(store.url()).unwrap();
    }
}
