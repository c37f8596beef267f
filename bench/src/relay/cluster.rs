//! Our relay on PostgreSQL, by stream: what a row costs that server, to be held against rows that nobody judges
//! (`postgres.rs`, with the same settings). One relay process, so no Redis.

use super::measure::{Run, Shown};
use super::openred::{self, World};
use super::server::{self, Server};
use super::{Case, missing, postgres};

/// Messages under way on one of the streams: some transactions of a thousand rows each are always full.
const WINDOW: u64 = 4_000;

/// Runs a case. The server is PostgreSQL; the relay is between.
pub async fn run(case: &Case) -> Result<Shown, String> {
    let Some(database) = postgres::start().await? else { return Ok(missing("PostgreSQL")) };
    let url = database.fresh_database();
    let folder = server::folder()?;
    let address = url.server().ok_or("not the address of a server")?;
    let world = World::new(Server::own(&["openred", "--database", address], folder.path())?).await?;
    let process = database.process().map_err(|e| e.to_string())?;
    let plan = case.plan(WINDOW);
    let run = Run { between: Some(world.server.id()), ..Run::of(process, plan) };
    let ran = run.deposits(world.streams(case.size).await?).await?;
    let how = "answered after the commit (synchronous_commit = on)";
    openred::finish(ran, case, how, async |mailbox| world.fetch(mailbox).await).await
}
