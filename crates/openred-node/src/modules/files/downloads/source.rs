//! The network as downloads use it: one request to the node that offered the file.

use futures_util::future::BoxFuture;
use openred_core::ids::Id16;
use serde::Deserialize;
use serde_json::json;

use super::{Piece, Source};
use crate::{error::NodeError, net::Network};

#[derive(Deserialize)]
struct Said {
    size: u64,
}

impl Source for Network {
    fn piece<'a>(
        &'a self,
        person: i64,
        offer: &'a Id16,
        offset: u64,
    ) -> BoxFuture<'a, Result<Piece, NodeError>> {
        Box::pin(async move {
            let ask = json!({"file_id": offer, "offset": offset}).to_string();
            let answer = self.request(person, "/p2p/file-request", ask).await?;
            match answer.status {
                200 => {}
                403 => return Err(NodeError::Refused("their node refused it")),
                404 => return Err(NodeError::Unknown("this file")),
                410 => return Err(NodeError::Gone("their node has it no more")),
                429 => return Err(NodeError::SlowDown(1)),
                status => return Err(NodeError::Peer(format!("their node answered {status}"))),
            }
            let said = serde_json::from_str::<Said>(&answer.json);
            let said = said.map_err(|_| NodeError::Peer("altered".to_owned()))?;
            if answer.from != offset {
                return Err(NodeError::Peer("altered".to_owned()));
            }
            Ok(Piece { size: said.size, bytes: answer.data })
        })
    }
}
