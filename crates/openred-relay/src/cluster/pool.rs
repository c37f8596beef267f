//! Connections to the servers: TLS, what is asked of a server before mail is entrusted to it, what its errors mean.
//! Must not know: tables.

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use openred_service::database::DatabaseUrl;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Notify;
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::followers::Follower;
use super::settings::ClusterSettings;
use super::store::{self, Partition};
use crate::mailbox::{Quotas, Refusal};

/// How long a caller waits for a connection, and a connection for its server.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one call of ours may take in all; then it is `busy` and its connection is thrown away.
pub(super) const CALL: Duration = Duration::from_secs(30);
/// Of the server: what a process leaves behind when its network breaks is not locked for long; and all but expiry goes by
/// index, whatever the server believes of the sizes of tables that are new, or of arrays.
const OPTIONS: &str = "-c statement_timeout=25s -c lock_timeout=10s -c idle_in_transaction_session_timeout=10s \
     -c timezone=UTC -c client_min_messages=warning -c default_transaction_isolation=read\\ committed \
     -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off \
     -c jit=off";

/// Why a relay cannot begin to keep mail there. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is not one of PostgreSQL.
    #[error("{database} is not a PostgreSQL server: a relay of several processes needs one")]
    NotPostgres {
        /// Without its password.
        database: DatabaseUrl,
    },
    /// The file of root certificates cannot be read, or holds none.
    #[error("no certificates (PEM) can be read from {}", file.display())]
    RootCertificates {
        /// Where they were looked for.
        file: PathBuf,
    },
    /// The server was not reached, or let us not in. Look at its address, its state and its log.
    #[error("{database} cannot be used: {reason}")]
    Unreachable {
        /// Without its password.
        database: DatabaseUrl,
        /// What the server or the system said.
        reason: String,
    },
    /// The server would answer before mail is on disk. Change the setting; a relay must not promise what it cannot keep.
    #[error("{database} may lose mail that it has taken: {reason}")]
    NotDurable {
        /// Without its password.
        database: DatabaseUrl,
        /// Which setting, and what it must be.
        reason: String,
    },
    /// The tables were made by a newer version of this program. Use that one.
    #[error("the tables of {database} are of version {found}; this program knows {known}")]
    Newer {
        /// Without its password.
        database: DatabaseUrl,
        /// Version of the tables.
        found: i32,
        /// The newest that this program knows.
        known: i32,
    },
}

/// The servers of one relay.
#[derive(Debug)]
pub(super) struct Database {
    primary: Pool,
    pub(super) followers: Vec<Follower>,
    quotas: RwLock<Quotas>,
    /// Partitions that were seen or made.
    pub(super) partitions: Mutex<HashSet<Partition>>,
    /// There is acknowledged mail to delete.
    pub(super) sweep: Notify,
}

impl Database {
    /// Connects, asks the server about its promises, and brings the tables up to date.
    pub(super) async fn open(settings: &ClusterSettings) -> Result<Self, OpenError> {
        let tls = tls(settings)?;
        let size = settings.writers.max(1) + 1 + settings.connections.max(1);
        let primary = pool(&settings.primary, &tls, size, true)?;
        let database = || settings.primary.clone();
        let mut connection = primary.get().await.map_err(|error| not_open(database(), &error))?;
        let found = store::migrate(&mut connection)
            .await
            .map_err(|error| OpenError::Unreachable { database: database(), reason: sentence(&error) })?;
        if found > store::VERSION {
            return Err(OpenError::Newer { database: database(), found, known: store::VERSION });
        }
        let followers = settings.replicas.iter().map(|url| pool(url, &tls, size, false).map(Follower::new));
        Ok(Self {
            primary,
            followers: followers.collect::<Result<_, _>>()?,
            quotas: RwLock::new(settings.quotas.clone()),
            partitions: Mutex::default(),
            sweep: Notify::new(),
        })
    }

    /// How much mailboxes may hold, now.
    pub(super) fn quotas(&self) -> Quotas {
        self.quotas.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_quotas(&self, quotas: Quotas) {
        *self.quotas.write().unwrap_or_else(PoisonError::into_inner) = quotas;
    }

    /// A connection to the server that is written to.
    pub(super) async fn connection(&self) -> Result<Object, Refusal> {
        self.primary.get().await.map_err(|error| {
            tracing::warn!(reason = what_failed(&error), "No connection to PostgreSQL.");
            Refusal::Busy
        })
    }
}

/// Runs a call within its time.
pub(super) async fn within<T>(call: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    tokio::time::timeout(CALL, call).await.unwrap_or(Err(Refusal::Busy))
}

/// Runs a call that begins and ends its own transaction. Unless it succeeds, its connection is thrown away, and the server
/// undoes what was not committed.
pub(super) async fn whole<T>(
    connection: Object,
    call: impl AsyncFnOnce(&Object) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let done = within(call(&connection)).await;
    if done.is_err() {
        let _thrown_away = Object::take(connection);
    }
    done
}

/// What an error of the server means to a caller. Its code is written down, not its words: those may hold ids.
impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.code() == Some(&SqlState::DISK_FULL) {
            return Self::Full;
        }
        let code = error.code().map_or("connection", SqlState::code);
        tracing::warn!(code, "PostgreSQL did not do what it was asked.");
        Self::Busy
    }
}

fn pool(
    url: &DatabaseUrl,
    tls: &MakeRustlsConnect,
    size: usize,
    must_be_durable: bool,
) -> Result<Pool, OpenError> {
    let not_postgres = || OpenError::NotPostgres { database: url.clone() };
    let address = url.server().ok_or_else(not_postgres)?;
    let mut config: tokio_postgres::Config = address.parse().map_err(|_| not_postgres())?;
    let options = config.get_options().map_or_else(|| OPTIONS.to_owned(), |own| format!("{OPTIONS} {own}"));
    config.options(options).application_name("openred-relay").connect_timeout(CONNECT);
    config.keepalives_idle(Duration::from_secs(15)).tcp_user_timeout(CALL);
    let manager =
        Manager::from_config(config, tls.clone(), ManagerConfig { recycling_method: RecyclingMethod::Fast });
    let timeouts = Timeouts { wait: Some(CONNECT), create: Some(CONNECT), recycle: Some(CONNECT) };
    let mut builder = Pool::builder(manager).max_size(size).timeouts(timeouts).runtime(Runtime::Tokio1);
    if must_be_durable {
        builder = builder.post_create(Hook::async_fn(|client, _| {
            Box::pin(async move {
                let weak = store::weak_promise(client).await.map_err(HookError::Backend)?;
                weak.map_or(Ok(()), |reason| Err(HookError::message(reason)))
            })
        }));
    }
    builder
        .build()
        .map_err(|error| OpenError::Unreachable { database: url.clone(), reason: error.to_string() })
}

fn tls(settings: &ClusterSettings) -> Result<MakeRustlsConnect, OpenError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = &settings.root_certificates {
        let unreadable = || OpenError::RootCertificates { file: file.clone() };
        let pem = fs::read(file).map_err(|_| unreadable())?;
        let own: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        roots = RootCertStore::empty();
        if roots.add_parsable_certificates(own.map_err(|_| unreadable())?).0 == 0 {
            return Err(unreadable());
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| OpenError::Unreachable {
            database: settings.primary.clone(),
            reason: error.to_string(),
        })?;
    Ok(MakeRustlsConnect::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

fn not_open(database: DatabaseUrl, error: &PoolError) -> OpenError {
    match error {
        PoolError::PostCreateHook(HookError::Message(reason)) => {
            OpenError::NotDurable { database, reason: reason.to_string() }
        }
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            OpenError::Unreachable { database, reason: sentence(error) }
        }
        other => OpenError::Unreachable { database, reason: other.to_string() },
    }
}

/// For logs: no address, no words of the server.
fn what_failed(error: &PoolError) -> &'static str {
    match error {
        PoolError::Timeout(_) => "all are in use, or the server does not answer",
        PoolError::PostCreateHook(HookError::Message(_)) => "its settings do not keep mail safe",
        _ => "it cannot be reached",
    }
}

/// The server's sentence, or the system's.
fn sentence(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(server), _) => server.message().to_owned(),
        (None, Some(cause)) => cause.to_string(),
        (None, None) => error.to_string(),
    }
}
