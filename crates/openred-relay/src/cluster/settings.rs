//! What the owner of a relay says about its database. Must not know: how it is used.

use std::path::PathBuf;

use openred_service::database::DatabaseUrl;

use crate::mailbox::Quotas;

/// Where a relay of several processes keeps mail, and how much.
#[derive(Clone, Debug)]
pub struct ClusterSettings {
    /// The PostgreSQL server that is written to.
    pub primary: DatabaseUrl,
    /// Servers that follow it. Contents are read there as far as they have come, and sums are counted there.
    pub replicas: Vec<DatabaseUrl>,
    /// Certificates (PEM) of who signs the servers' certificates; without it those that Mozilla trusts.
    pub root_certificates: Option<PathBuf>,
    /// The same in every process.
    pub quotas: Quotas,
    /// Transactions with deposits that one process has under way at once. Default 4.
    pub writers: usize,
    /// Connections for everything else. Default 16.
    pub connections: usize,
}

impl ClusterSettings {
    /// The defaults on one server.
    #[must_use]
    pub fn new(primary: DatabaseUrl) -> Self {
        Self {
            primary,
            replicas: Vec::new(),
            root_certificates: None,
            quotas: Quotas::default(),
            writers: 4,
            connections: 16,
        }
    }
}
