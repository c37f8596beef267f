//! Plumbing of the daemons, exactly: `lifecycle`, `problem`, `limits`, `http_client`, `telemetry`, `database`
//! (and `server`, the part of the lifecycle that listens).
//!
//! It knows sockets, disks, clocks and signals. It must not know what a node, a directory or a message is:
//! no protocol type, no table and no route of the product appears here.

pub mod database;
pub mod http_client;
pub mod lifecycle;
pub mod limits;
pub mod problem;
pub mod server;
pub mod telemetry;
#[doc(hidden)]
pub mod testing;
