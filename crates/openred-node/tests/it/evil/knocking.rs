//! The same lies at a real node's door, over HTTP: what the tables refuse is refused by name on the wire, nobody who
//! is refused leaves a trace, and an equal retry gets the equal answer.

use openred_core::{
    hello::{Hello, HelloRefusal, HelloReply, RefusalBody, TicketKind},
    ids::Id16,
    invitation::Invitation,
};
use openred_node::modules::invitations;
use openred_service::http_client::{AllowPrivate, HttpClient, HttpClientConfig, HttpRequest};

use super::hand::{Hand, Knock};
use crate::world::Node;

struct Door {
    ben: Node,
    ana: Hand,
    chloe: Hand,
    http: HttpClient,
    now: u64,
}

impl Door {
    async fn open() -> Self {
        let ben = Node::start("Ben").await;
        let now = ben.deps.clock.now_s();
        let config =
            HttpClientConfig { allow_private: AllowPrivate::Loopback, ..HttpClientConfig::default() };
        let http = HttpClient::new(config).unwrap();
        Self { ben, ana: Hand::at(0x10, now), chloe: Hand::at(0x30, now), http, now }
    }

    fn knock(&self, who: &Hand, kind: TicketKind, ticket_id: Id16, secret: [u8; 32]) -> Knock {
        let to = self.ben.net.own_descriptor().unwrap();
        Knock { time: self.now, ..who.knock(&to, kind, ticket_id, secret) }
    }

    fn stranger(&self) -> Knock {
        self.knock(&self.ana, TicketKind::Open, Id16([0; 16]), [0; 32])
    }

    async fn send(&self, hello: &Hello) -> Result<HelloReply, HelloRefusal> {
        let url = format!("{}/p2p/handshake", self.ben.api_url).parse().unwrap();
        let request = HttpRequest::post(url).body("application/json", hello.to_text().into_bytes());
        let answer = self.http.send(request).await.unwrap();
        if answer.status.as_u16() == 200 {
            return Ok(answer.json().unwrap());
        }
        let body: RefusalBody = answer.json().unwrap();
        Err(HelloRefusal::read(answer.status.as_u16(), body).expect("a status of Annex A.4"))
    }

    async fn refusal(&self, knock: &Knock) -> HelloRefusal {
        self.send(&knock.make().0).await.unwrap_err()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lies_at_the_door_are_refused_by_name_and_leave_no_trace() {
    let door = Door::open().await;
    let to_chloe = Knock { id_b: door.chloe.id(), ..door.stranger() };
    assert_eq!(door.refusal(&to_chloe).await, HelloRefusal::NotMe);
    let unknown = door.knock(&door.ana, TicketKind::Pair, Id16([3; 16]), [3; 32]);
    assert_eq!(door.refusal(&unknown).await, HelloRefusal::Unknown);
    let unknown = door.knock(&door.ana, TicketKind::Grant, Id16([3; 16]), [3; 32]);
    let mut hello = Knock { kind: TicketKind::Open, ..unknown }.make().0;
    (hello.kind, hello.nonce, hello.time, hello.descriptor) = (TicketKind::Grant, Id16([0; 16]), 0, None);
    assert_eq!(door.send(&hello).await, Err(HelloRefusal::GrantUnknown));
    let guessed = Knock { secret: [1; 32], ..door.stranger() };
    assert_eq!(door.refusal(&guessed).await, HelloRefusal::BadPresentation);
    let old = Knock { time: door.now - 700, ..door.stranger() };
    assert_eq!(door.refusal(&old).await, HelloRefusal::BadPresentation);
    let bare = Knock { attach: None, ..door.stranger() };
    assert_eq!(door.refusal(&bare).await, HelloRefusal::WantDescriptor);
    let borrowed = Knock { attach: Some(door.chloe.descriptor.clone()), ..door.stranger() };
    assert_eq!(door.refusal(&borrowed).await, HelloRefusal::Malformed);
    let stale = Knock { desc_b: door.chloe.hash(), ..door.stranger() };
    let own = door.ben.net.own_descriptor().unwrap();
    assert_eq!(door.refusal(&stale).await, HelloRefusal::Stale(openred_core::ids::B64(own.bytes().to_vec())));
    assert!(door.ben.person(&door.ana.id()).await.is_none(), "nobody knows her here");
    door.ben.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_equal_hello_gets_the_equal_answer_and_another_one_with_its_nonce_none() {
    let door = Door::open().await;
    let hello = door.stranger().make().0;
    let (first, second) = tokio::join!(door.send(&hello), door.send(&hello));
    let reply = first.unwrap();
    assert_eq!(second.unwrap(), reply, "both at once are one attempt");
    assert_eq!(door.send(&hello).await.unwrap(), reply);
    let other = Knock { ephemeral: 2, ..door.stranger() };
    assert_eq!(door.refusal(&other).await, HelloRefusal::Used);
    door.ben.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_belongs_to_its_first_taker_and_to_nobody_once_it_is_taken_back() {
    let door = Door::open().await;
    let make = || invitations::create(&door.ben.deps, 1, true, None, Vec::new());
    let (taken, revoked) = (make().await.unwrap(), make().await.unwrap());
    let by = |who: &Hand, row: &invitations::store::Row| {
        let link = Invitation::from_link(&row.links.link).unwrap();
        door.knock(who, TicketKind::Invitation, link.invite_id, *link.secret)
    };
    door.send(&by(&door.ana, &taken).make().0).await.unwrap();
    assert_eq!(door.refusal(&by(&door.chloe, &taken)).await, HelloRefusal::Used);
    let again = Knock { nonce: Id16([8; 16]), ephemeral: 8, ..by(&door.ana, &taken) };
    door.send(&again.make().0).await.expect("she may come again");
    let id = revoked.invite_id;
    door.send(&by(&door.ana, &revoked).make().0).await.expect_err("the nonce was used");
    door.ben.deps.write(move |w| Ok(invitations::store::revoke(w.tx, &id)?)).await.unwrap();
    assert_eq!(door.refusal(&by(&door.chloe, &revoked)).await, HelloRefusal::Unknown, "taken back");
    door.ben.stop().await;
}
