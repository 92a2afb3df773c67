//! The writer: the one task that changes the database while the station serves.
//!
//! It takes what waits in its queue, applies it in one transaction, commits once, durably, and only then answers
//! (group commit): sixty-four phones that send at once share one flush of the disk. Each request has a savepoint, so
//! that one that fails doesn't spoil another; when the transaction itself breaks (a full disk), the requests are tried
//! again one by one, so that one which is too large doesn't take the others with it.
//!
//! Invariants: a receipt leaves only after the commit (4); nothing is half-written.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use sqlx::{Connection, Executor, SqliteConnection};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::MissedTickBehavior,
};
use xunji_domain::{
    canonical::Digest,
    id::{InstallationId, WorkerId},
    kind::Kinds,
    person::Worker,
    wire::Answers,
};

use super::{
    read::Item,
    store::{self, Taken},
};
use crate::{
    arrivals::Arrivals, audit, blobs, db::DbError, enrolment, people::Caller, problem::Problem,
    receipt_key::ReceiptKey, recovery, slips, staff,
};

/// The most requests in one transaction.
const GROUP: usize = 64;
/// The most requests that wait. More of them wait in their connections.
const QUEUE: usize = 256;

/// How soon those who wait hear of what a command beside the station has done.
const ELSEWHERE: Duration = Duration::from_secs(2);

/// What can be asked of the writer.
enum Work {
    Entries { caller: Caller, items: Vec<Item> },
    Enrol { code: [u8; 32], installation: InstallationId, token: [u8; 32] },
    Recover { code: [u8; 32], installation: InstallationId },
    Blob { digest: Digest, bytes: u64 },
    Audit { what: Vec<Value> },
    Answer { token_hash: [u8; 32], given: slips::Given },
    Staff { caller: WorkerId, order: staff::Order },
}

/// What has been done.
enum Done {
    Entries(Taken),
    Enrol(Result<Worker, Problem>),
    Recover(Result<(), Problem>),
    Blob,
    Audit,
    Answer(Result<Taken, slips::Declined>),
    Staff(Result<staff::Obeyed, Problem>),
}

struct Job {
    work: Work,
    reply: oneshot::Sender<Result<Done, Problem>>,
}

/// A handle on the writer's queue.
#[derive(Clone, Debug)]
pub struct Writer(mpsc::Sender<Job>);

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Job")
    }
}

impl Writer {
    /// Starts the writer. It ends, after all that waits has been done, when the last handle is gone.
    pub fn start(
        connection: SqliteConnection,
        kinds: Kinds,
        key: ReceiptKey,
        arrivals: Arc<Arrivals>,
    ) -> (Self, JoinHandle<Result<(), DbError>>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self(sender), tokio::spawn(run(connection, kinds, key, arrivals, receiver)))
    }

    /// Stores entries and gives their answers, once they are durably committed.
    ///
    /// # Errors
    /// When nothing of them was stored.
    pub async fn entries(&self, caller: Caller, items: Vec<Item>) -> Result<Answers, Problem> {
        match self.ask(Work::Entries { caller, items }).await? {
            Done::Entries(taken) => Ok(taken.answers),
            _ => Err(Problem::StorageUnavailable),
        }
    }

    /// Redeems an enrolment code; both secrets are given as their hashes.
    ///
    /// # Errors
    /// When the code is not good for it.
    pub async fn enrol(
        &self,
        code: [u8; 32],
        installation: InstallationId,
        token: [u8; 32],
    ) -> Result<Worker, Problem> {
        match self.ask(Work::Enrol { code, installation, token }).await? {
            Done::Enrol(result) => result,
            _ => Err(Problem::StorageUnavailable),
        }
    }

    /// Uses up a recovery code, given as its hash.
    ///
    /// # Errors
    /// When the code is not good for it.
    pub async fn recover(&self, code: [u8; 32], installation: InstallationId) -> Result<(), Problem> {
        match self.ask(Work::Recover { code, installation }).await? {
            Done::Recover(result) => result,
            _ => Err(Problem::StorageUnavailable),
        }
    }

    /// Records that an attachment is on disk and verified.
    ///
    /// # Errors
    /// When that could not be stored.
    pub async fn blob(&self, digest: Digest, bytes: u64) -> Result<(), Problem> {
        self.ask(Work::Blob { digest, bytes }).await.map(|_| ())
    }

    /// Adds rows to the audit trail.
    ///
    /// # Errors
    /// When that could not be stored.
    pub async fn audit(&self, what: Vec<Value>) -> Result<(), Problem> {
        self.ask(Work::Audit { what }).await.map(|_| ())
    }

    /// Writes what the bearer of a slip answers into its record, once it is durably committed.
    ///
    /// # Errors
    /// The outer one when it could not be stored, the inner one when it was not taken.
    pub async fn answer(
        &self,
        token_hash: [u8; 32],
        given: slips::Given,
    ) -> Result<Result<(), slips::Declined>, Problem> {
        match self.ask(Work::Answer { token_hash, given }).await? {
            Done::Answer(answered) => Ok(answered.map(|_| ())),
            _ => Err(Problem::StorageUnavailable),
        }
    }

    /// Does what somebody who manages people wants done, and gives the answer once it is durably committed.
    ///
    /// # Errors
    /// When it is not theirs to do, or could not be stored.
    pub async fn obey(&self, caller: WorkerId, order: staff::Order) -> Result<Value, Problem> {
        match self.ask(Work::Staff { caller, order }).await? {
            Done::Staff(obeyed) => obeyed.map(|obeyed| obeyed.said),
            _ => Err(Problem::StorageUnavailable),
        }
    }

    async fn ask(&self, work: Work) -> Result<Done, Problem> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Job { work, reply }).await.map_err(|_| Problem::StorageUnavailable)?;
        answer.await.map_err(|_| Problem::StorageUnavailable)?
    }
}

async fn run(
    mut connection: SqliteConnection,
    kinds: Kinds,
    key: ReceiptKey,
    arrivals: Arc<Arrivals>,
    mut queue: mpsc::Receiver<Job>,
) -> Result<(), DbError> {
    let mut group = Vec::with_capacity(GROUP);
    let mut look = tokio::time::interval(ELSEWHERE);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = version(&mut connection).await?;
    loop {
        let received = tokio::select! {
            received = queue.recv_many(&mut group, GROUP) => received,
            _ = look.tick() => {
                let now = version(&mut connection).await.unwrap_or(seen);
                if std::mem::replace(&mut seen, now) != now {
                    arrivals.tell_all();
                }
                continue;
            }
        };
        if received == 0 {
            break;
        }
        let jobs = std::mem::take(&mut group);
        match together(&mut connection, &kinds, &key, &jobs).await {
            Ok(results) => answer(&arrivals, jobs, results),
            Err(error) if jobs.len() > 1 => {
                tracing::warn!(%error, requests = jobs.len(), "a transaction failed; its requests are tried alone");
                for job in jobs {
                    let jobs = std::slice::from_ref(&job);
                    let results = together(&mut connection, &kinds, &key, jobs).await;
                    answer(&arrivals, vec![job], results.unwrap_or_else(|error| vec![Err(error.into())]));
                }
            }
            Err(error) => answer(&arrivals, jobs, vec![Err(error.into())]),
        }
    }
    // Everything into the one file, so that a copy of it is whole.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    connection.close().await?;
    Ok(())
}

/// A number that is another one after somebody else has changed the database: a command beside the station.
async fn version(connection: &mut SqliteConnection) -> Result<i64, DbError> {
    Ok(sqlx::query_scalar("PRAGMA data_version").fetch_one(connection).await?)
}

fn answer(arrivals: &Arrivals, jobs: Vec<Job>, results: Vec<Result<Done, Problem>>) {
    for (job, result) in jobs.into_iter().zip(results) {
        match &result {
            Ok(Done::Entries(taken) | Done::Answer(Ok(taken))) => arrivals.tell(&taken.reached),
            Ok(Done::Staff(Ok(obeyed))) => arrivals.tell(&obeyed.reached),
            _ => {}
        }
        // Whoever hung up asks again and gets the stored receipt.
        job.reply.send(result).ok();
    }
}

/// Applies jobs in one transaction. An error means that nothing of it was kept.
async fn together(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    key: &ReceiptKey,
    jobs: &[Job],
) -> Result<Vec<Result<Done, Problem>>, DbError> {
    if let Err(error) = connection.execute("BEGIN IMMEDIATE").await {
        // Should an earlier rollback have failed, the next try finds a clean connection.
        return Err(give_up(connection, error.into()).await);
    }
    let mut results = Vec::with_capacity(jobs.len());
    for job in jobs {
        match alone(connection, kinds, key, &job.work).await {
            Ok(result) => results.push(result),
            Err(error) => return Err(give_up(connection, error).await),
        }
    }
    match connection.execute("COMMIT").await {
        Ok(_) => Ok(results),
        Err(error) => Err(give_up(connection, error.into()).await),
    }
}

/// SQLite has ended the transaction itself after some errors; then there is nothing to roll back.
async fn give_up(connection: &mut SqliteConnection, error: DbError) -> DbError {
    connection.execute("ROLLBACK").await.ok();
    error
}

/// Applies one job in its savepoint. The outer error means that the whole transaction is broken.
async fn alone(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    key: &ReceiptKey,
    work: &Work,
) -> Result<Result<Done, Problem>, DbError> {
    connection.execute("SAVEPOINT request").await?;
    match apply(connection, kinds, key, work).await {
        Ok(done) => {
            // Half of what was ordered may be there by the time that the rest turns out not to be possible.
            if matches!(done, Done::Staff(Err(_))) {
                connection.execute("ROLLBACK TO request").await?;
            }
            connection.execute("RELEASE request").await?;
            Ok(Ok(done))
        }
        Err(error) => {
            // Without room or a working disk the transaction is lost with all that is in it.
            if matches!(error, DbError::Sql(_)) {
                return Err(error);
            }
            connection.execute("ROLLBACK TO request").await?;
            connection.execute("RELEASE request").await?;
            Ok(Err(error.into()))
        }
    }
}

async fn apply(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    key: &ReceiptKey,
    work: &Work,
) -> Result<Done, DbError> {
    match work {
        Work::Entries { caller, items } => {
            store::take(connection, kinds, key, caller, items).await.map(Done::Entries)
        }
        Work::Enrol { code, installation, token } => {
            enrolment::redeem(connection, code, *installation, token).await.map(Done::Enrol)
        }
        Work::Recover { code, installation } => {
            recovery::redeem(connection, code, *installation).await.map(Done::Recover)
        }
        Work::Answer { token_hash, given } => {
            slips::answer(connection, kinds, key, token_hash, given).await.map(Done::Answer)
        }
        Work::Staff { caller, order } => {
            staff::obey(connection, kinds, key, *caller, order).await.map(Done::Staff)
        }
        Work::Audit { what } => {
            for what in what {
                audit::note(connection, what).await?;
            }
            Ok(Done::Audit)
        }
        Work::Blob { digest, bytes } => {
            blobs::record(connection, *digest, *bytes).await?;
            Ok(Done::Blob)
        }
    }
}
