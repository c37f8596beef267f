//! Streams: mail as it comes and as credit allows, deposits under way, the end of a relay.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use openred_core::codec::{Reader, Writer};
use openred_core::ids::{Hash, Id16};
use openred_relay::client::ClientError;
use openred_relay::mailbox::OwnerAuth;
use openred_service::websocket::{self, Connected, Message};

use super::stage::{Owner, Stage, name, sealed};

/// A stream whose frames a test writes and reads itself.
struct Raw(Connected);

impl Raw {
    async fn open(stage: &Stage) -> Self {
        let url = format!("{}/api/v1/stream", stage.url).parse().unwrap();
        Self(websocket::connect(&stage.http, url, 1 << 20).await.unwrap())
    }

    async fn send(&mut self, kind: u8, fields: impl FnOnce(&mut Writer)) {
        let mut writer = Writer::new();
        fields(&mut writer);
        let fields = writer.into_vec();
        let length = u32::try_from(fields.len() + 1).unwrap().to_be_bytes();
        self.raw([&length[..], &[kind], &fields].concat()).await;
    }

    async fn raw(&mut self, bytes: Vec<u8>) {
        self.0.send(Message::binary(bytes)).await.unwrap();
    }

    async fn open_queue(&mut self, stage: &Stage, owner: &Owner, nonce: u8) {
        let target = format!("/api/v1/queues/{}", owner.queue());
        let call = ("OPEN", target.as_str(), &Hash::of(&[]));
        let auth = OwnerAuth::sign(&owner.key, &stage.relay_id, call, Id16([nonce; 16]), stage.now());
        let auth = [&auth.time.to_be_bytes()[..], &auth.nonce.0, &auth.sig.0].concat();
        let queue = owner.queue();
        self.send(1, |writer| {
            writer.array(2).bin(&queue.0).bin(&auth);
        })
        .await;
    }

    async fn credit(&mut self, count: u64) {
        self.send(2, |writer| {
            writer.array(1).uint(count);
        })
        .await;
    }

    /// The frames of the next message: type and fields.
    async fn frames(&mut self) -> Vec<(u8, Vec<u8>)> {
        let message = tokio::time::timeout(Duration::from_secs(20), self.0.next()).await.expect("a message");
        let message: Bytes = message.unwrap().unwrap().into_payload().into();
        let (mut frames, mut rest) = (Vec::new(), &message[..]);
        while let Some((length, tail)) = rest.split_first_chunk::<4>() {
            let (frame, tail) = tail.split_at(u32::from_be_bytes(*length) as usize);
            frames.push((frame[0], frame[1..].to_vec()));
            rest = tail;
        }
        frames
    }

    async fn seqs(&mut self, count: usize) -> Vec<u64> {
        let mut seqs = Vec::new();
        while seqs.len() < count {
            for (kind, fields) in self.frames().await {
                assert_eq!(kind, 3, "mail");
                let mut reader = Reader::new(&fields);
                reader.array_of(4).unwrap();
                reader.bin().unwrap();
                seqs.push(reader.uint().unwrap());
            }
        }
        seqs
    }
}

fn queue_result(frame: &(u8, Vec<u8>)) -> u64 {
    assert_eq!(frame.0, 6);
    let mut reader = Reader::new(&frame.1);
    reader.array_of(2).unwrap();
    reader.bin().unwrap();
    reader.uint().unwrap()
}

#[tokio::test]
async fn no_more_mail_comes_than_credit() {
    let stage = Stage::new().await;
    let ana = stage.owner().await;
    for n in 1..=10 {
        stage.client.deposit(&ana.lane(), name(n), sealed(1)).await.unwrap();
    }
    let mut stream = Raw::open(&stage).await;
    stream.open_queue(&stage, &ana, 1).await;
    assert_eq!(queue_result(&stream.frames().await[0]), 200);
    stream.credit(3).await;
    assert_eq!(stream.seqs(3).await, [1, 2, 3]);
    // What the relay would still send stands before the answer to a second OPEN.
    stream.open_queue(&stage, &ana, 2).await;
    assert_eq!(
        queue_result(&stream.frames().await[0]),
        400,
        "no mail came, only the refusal of a second OPEN"
    );
    stream.credit(2).await;
    assert_eq!(stream.seqs(2).await, [4, 5]);
    stream.credit(100).await;
    assert_eq!(stream.seqs(5).await, [6, 7, 8, 9, 10]);
    stage.client.deposit(&ana.lane(), name(11), sealed(1)).await.unwrap();
    assert_eq!(stream.seqs(1).await, [11], "and what comes later is sent when it comes");
}

#[tokio::test]
async fn mail_of_two_queues_comes_on_one_stream_and_is_acknowledged_there() {
    let stage = Stage::new().await;
    let (ana, ben) = (stage.owner().await, stage.owner().await);
    let queues = [(ana.queue(), &ana.key), (ben.queue(), &ben.key)];
    let mut stream = stage.client.mail_stream(&queues).await.unwrap();
    assert!(stage.client.presence(&ana.lane()).await.unwrap().is_online);
    for n in 1..=300 {
        stage.client.deposit(&ana.lane(), name(n), sealed(1)).await.unwrap();
    }
    stage.client.deposit(&ben.lane(), name(1), sealed(2)).await.unwrap();
    let (mut of_ana, mut of_ben) = (Vec::new(), 0);
    while of_ana.len() < 300 || of_ben < 1 {
        let received = stream.next().await.unwrap();
        if received.queue == ana.queue() {
            of_ana.push(received.mail.seq);
            stream.ack(received.queue, received.mail.seq).await.unwrap();
        } else {
            assert_eq!((received.queue, received.mail.content), (ben.queue(), sealed(2)));
            of_ben += 1;
        }
    }
    assert_eq!(of_ana, (1..=300).collect::<Vec<_>>(), "in order, beyond the first credit");
    while stage.metric("mail").await > 1 {
        tokio::task::yield_now().await;
    }
    drop(stream);
    while stage.client.presence(&ana.lane()).await.unwrap().is_online {
        tokio::task::yield_now().await;
    }
    let mut again = stage.client.mail_stream(&queues).await.unwrap();
    assert_eq!(again.next().await.unwrap().queue, ben.queue(), "what was not acknowledged comes again");
}

#[tokio::test]
async fn deposits_are_under_way_together_and_each_is_answered() {
    let stage = Stage::new().await;
    let (ana, ben) = (stage.owner().await, stage.owner().await);
    let mut stream = stage.client.deposit_stream().await.unwrap();
    let revoked = ben.lane();
    stage.client.revoke(&ben.key, ben.queue()).await.unwrap();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for n in 0..2_000 {
        good.push(stream.push(&ana.lane(), name(n), sealed(1)).await.unwrap());
        if n % 500 == 0 {
            bad.push(stream.push(&revoked, name(n), sealed(1)).await.unwrap());
        }
    }
    good.push(stream.push(&ana.lane(), name(0), sealed(1)).await.unwrap());
    bad.push(stream.push(&ana.lane(), name(1), sealed(9)).await.unwrap());
    let mut taken = Vec::new();
    for _ in 0..good.len() + bad.len() {
        let (number, answer) = stream.answer().await.unwrap();
        match answer {
            Ok(()) => taken.push(number),
            Err(ClientError::Unknown) => assert!(bad[..4].contains(&number)),
            Err(error) => assert_eq!((number, error), (bad[4], ClientError::Conflict)),
        }
    }
    taken.sort_unstable();
    assert_eq!(taken, good);
    assert_eq!(stage.metric("mail").await, 2_000, "the one that came again is there once");
}

#[tokio::test]
async fn who_has_no_right_opens_nothing() {
    let stage = Stage::new().await;
    let (ana, eve) = (stage.owner().await, stage.owner().await);
    let refused = stage.client.mail_stream(&[(ana.queue(), &eve.key)]).await.map(drop);
    assert_eq!(refused, Err(ClientError::Unsigned), "another's queue");
    let mut stream = Raw::open(&stage).await;
    stream.open_queue(&stage, &ana, 5).await;
    assert_eq!(queue_result(&stream.frames().await[0]), 200);
    let mut again = Raw::open(&stage).await;
    again.open_queue(&stage, &ana, 5).await;
    assert_eq!(queue_result(&again.frames().await[0]), 410, "a proof opens once");
    let (queue, other) = (ana.queue(), eve.queue());
    again
        .send(4, |writer| {
            writer.array(2).bin(&other.0).uint(1);
        })
        .await;
    assert_eq!(queue_result(&again.frames().await[0]), 404, "only an opened queue is acknowledged");
    stage.client.delete(&ana.key, queue).await.unwrap();
    stream.credit(1).await;
    assert_eq!(queue_result(&stream.frames().await[0]), 404, "a queue that is no more is told");
}

#[tokio::test]
async fn what_is_no_frame_ends_the_stream() {
    let stage = Stage::new().await;
    for bytes in [vec![0; 4], vec![0, 0, 0, 9, 1], vec![0, 0, 0, 1, 99], vec![0, 0, 0, 3, 6, 0x92, 1]] {
        let mut stream = Raw::open(&stage).await;
        stream.raw(bytes).await;
        let closed = stream.0.next().await.unwrap().unwrap();
        assert_eq!(u16::from(closed.as_close().expect("closed").0), 1002);
    }
    let mut stream = Raw::open(&stage).await;
    let sent = stream.0.send(Message::binary(vec![0; (128 << 10) + 1])).await;
    assert!(
        sent.is_err()
            || stream.0.next().await.is_none_or(|closed| closed.is_err() || closed.unwrap().is_close())
    );
    assert_eq!(stage.call("GET", "/health", &[], "").await.status.as_u16(), 200, "nobody else is concerned");
}

#[tokio::test]
async fn a_relay_that_stops_says_so_and_answers_what_it_has_taken() {
    let mut stage = Stage::with(|config| config.server.drain_secs = 2).await;
    let ana = stage.owner().await;
    let mut deposits = stage.client.deposit_stream().await.unwrap();
    let mut mail = stage.client.mail_stream(&[(ana.queue(), &ana.key)]).await.unwrap();
    deposits.push(&ana.lane(), name(1), sealed(1)).await.unwrap();
    let (_, answer) = deposits.answer().await.unwrap();
    assert_eq!(answer, Ok(()));
    assert_eq!(mail.next().await.unwrap().mail.seq, 1);
    let running = stage.running.take().unwrap();
    running.drain();
    let health = stage.call("GET", "/health", &[], "").await;
    assert_eq!(super::stage::refusal(&health), (503, "busy".to_owned()), "at once");
    assert_eq!(mail.next().await.map(drop), Err(ClientError::Ended), "streams are closed");
    assert_eq!(deposits.answer().await.map(drop), Err(ClientError::Ended));
    assert!(stage.client.deposit_stream().await.is_err(), "and none is opened");
    stage.client.deposit(&ana.lane(), name(2), sealed(2)).await.unwrap();
    assert!(running.stop().await, "everything ends in time");
    assert!(
        stage.client.deposit(&ana.lane(), name(3), sealed(3)).now_or_never().is_none_or(|late| late.is_err())
    );
}
