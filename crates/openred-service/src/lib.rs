//! Plumbing of the daemons, exactly: `lifecycle`, `problem`, `limits`, `http_client`, `telemetry`, `database`, `identity`,
//! `instances` (and `server`, the part of the lifecycle that listens, with `websocket`, what a request may become; `description`,
//! the last pass over what a service says of its API).
//!
//! It knows sockets, disks, clocks and signals, and of the protocol one thing: who a service without an owner present, a
//! directory or a relay, is (`identity`). It must not know what a post, a contact, a grant or a mailbox is: no table and
//! no route of the product appears here.

pub mod database;
pub mod description;
pub mod http_client;
pub mod identity;
pub mod instances;
pub mod lifecycle;
pub mod limits;
pub mod problem;
pub mod server;
pub mod telemetry;
#[doc(hidden)]
pub mod testing;
pub mod websocket;
