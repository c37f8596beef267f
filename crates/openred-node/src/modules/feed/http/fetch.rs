//! The network as the feed uses it: one request to the author's node.

use futures_util::future::BoxFuture;
use openred_core::ids::Hash;
use serde_json::json;

use super::super::Fetch;
use crate::{error::NodeError, net::Network};

impl Fetch for Network {
    fn fetch<'a>(&'a self, person: i64, content_id: &'a Hash) -> BoxFuture<'a, Result<Vec<u8>, NodeError>> {
        Box::pin(async move {
            let ask = json!({"content_id": content_id}).to_string();
            let answer = self.request(person, "content", ask).await?;
            match answer.status {
                200 => Ok(answer.data),
                403 => Err(NodeError::Refused("the author's node refused it")),
                404 => Err(NodeError::Unknown("this content")),
                410 => Err(NodeError::Gone("the author's node has it no more")),
                status => Err(NodeError::Peer(format!("the author's node answered {status}"))),
            }
        })
    }
}
