//! Lies in hellos: tickets, times, repetitions, floods (PROTOCOL §4). Ben answers; it got through when message 2 leaves.

use openred_core::{
    hello::{Context, Hello, HelloRefusal, HelloReply, TicketKind, WorkChallenge, solve},
    ids::{B64, Id16},
};
use openred_proto::introduction::{ConnId, Effect, Effects, Failure, HelloIn, HelloNote, Input, MeetWith};

use super::{
    Attack,
    directory::{NOW, Stage},
    hand::{Hand, Knock},
    node::Refused,
};

/// A hello of kind 1 under a grant that ben holds, with one lie.
fn granted(bend: fn(&mut Stage, &mut Knock)) -> Result<(), Refused> {
    let mut stage = Stage::new();
    let grant = stage.introduced();
    let mut knock = stage.ana.knock_with(&stage.ben.descriptor, &grant.core, grant.secret);
    bend(&mut stage, &mut knock);
    stage.ben.knock(&knock.make().0).map(drop)
}

/// A hello of kind 2 by a secret that ana shares with ben, with one lie.
fn paired(bend: fn(&mut Stage, &mut Knock)) -> Result<(), Refused> {
    let mut stage = Stage::new();
    let open = stage.ana.knock_open(&stage.ben.descriptor);
    let (pair_id, secret) = stage.met(&open, None).unwrap();
    let mut knock = stage.ana.knock(&stage.ben.descriptor, TicketKind::Pair, pair_id, secret);
    (knock.nonce, knock.ephemeral) = (Id16([0x77; 16]), 2);
    bend(&mut stage, &mut knock);
    stage.ben.knock(&knock.make().0).map(drop)
}

pub(super) const ATTACKS: &[Attack] = &[
    Attack::new("a hello for chloé brought to ben", "handshake/own-id", || {
        paired(|stage, knock| {
            stage.ben.pin(&stage.ana.clone());
            (knock.id_b, knock.attach) = (stage.chloe.id(), None);
        })
    }),
    Attack::new("a pair secret that nobody has", "handshake/ticket-known", || {
        paired(|_, knock| knock.ticket_id = Id16([0xee; 16]))
    }),
    Attack::new("an invitation that nobody made", "handshake/ticket-known", || {
        paired(|_, knock| (knock.kind, knock.ticket_id) = (TicketKind::Invitation, Id16([0xee; 16])))
    }),
    Attack::new("a stranger who names a ticket", "handshake/ticket-known", || {
        let mut stage = Stage::new();
        let mut knock = stage.ana.knock_open(&stage.ben.descriptor);
        knock.ticket_id = Id16([0xee; 16]);
        stage.ben.knock(&knock.make().0).map(drop)
    }),
    Attack::new("ana's pair secret, stolen by chloé", "handshake/ticket-names-peer", || {
        paired(|stage, knock| {
            let thief = stage.chloe.clone();
            (knock.id_a, knock.desc_a, knock.own_noise) = (thief.id(), thief.hash(), thief.noise);
            knock.attach = Some(thief.descriptor);
        })
    }),
    Attack::new("the directory redeems ana's grant as itself", "handshake/ticket-names-peer", || {
        granted(|stage, knock| {
            knock.id_a = stage.dir.id();
        })
    }),
    Attack::new("another descriptor of ana than the grant names", "handshake/grant-descriptors", || {
        granted(|stage, knock| {
            let newer = stage.ana.with_noise([0x66; 32]);
            (knock.desc_a, knock.own_noise) = (newer.hash(), newer.noise);
            knock.attach = Some(newer.descriptor);
        })
    }),
    Attack::new("a grant after two minutes", "grant/usable-120s", || {
        granted(|stage, _| {
            stage.ben.wait(121);
        })
    }),
    Attack::new("a grant while the clock jumps three hours ahead", "handshake/grant-window", || {
        granted(|stage, _| stage.ben.jump(10_800))
    }),
    Attack::new("a grant while the clock jumps three hours back", "handshake/grant-window", || {
        granted(|stage, _| stage.ben.jump(-10_800))
    }),
    Attack::new("a second handshake under a burnt grant", "handshake/burnt", || {
        granted(|stage, knock| {
            stage.ben.knock(&knock.make().0).unwrap();
            knock.ephemeral = 2;
        })
    }),
    Attack::new("a hello of kind 1 with a nonce of its own", "handshake/zero-nonce", || {
        granted(|_, knock| knock.nonce = Id16([1; 16]))
    }),
    Attack::new("a hello of kind 1 with a time of its own", "handshake/zero-nonce", || {
        granted(|_, knock| knock.time = NOW)
    }),
    Attack::new("a grant used up by somebody who does not know S", "handshake/mac", || {
        granted(|_, knock| knock.secret = [0; 32])
    }),
    Attack::new("an old hello of ana", "handshake/time", || paired(|_, knock| knock.time = NOW - 601)),
    Attack::new("a hello of ana from tomorrow", "handshake/time", || {
        paired(|_, knock| knock.time = NOW + 601)
    }),
    Attack::new("a nonce that was used, in a new handshake", "handshake/replay", || {
        paired(|stage, knock| {
            stage.ben.knock(&knock.make().0).unwrap();
            knock.ephemeral = 3;
        })
    }),
    Attack::new(
        "a nonce that was used, after 19 minutes and a clock turned back",
        "handshake/replay",
        || {
            paired(|stage, knock| {
                stage.ben.knock(&knock.make().0).unwrap();
                stage.ben.wait(19 * 60);
                stage.ben.jump(-19 * 60);
                knock.ephemeral = 3;
            })
        },
    ),
    Attack::new("an expired link", "handshake/invitation-expired", || {
        let (mut stage, knock) = invited();
        stage.ben.wait(86_401);
        let later = Knock { time: stage.ben.now.secs(), ..knock };
        stage.ben.knock(&later.make().0).map(drop)
    }),
    Attack::new("a link that ana took already", "handshake/invitation-bound", || {
        let (mut stage, knock) = invited();
        stage.ben.knock(&knock.make().0).unwrap();
        taken_by_chloe(stage, &knock)
    }),
    Attack::new("a link that ana took already, after a restart", "handshake/invitation-bound", || {
        let (mut stage, knock) = invited();
        stage.ben.knock(&knock.make().0).unwrap();
        stage.ben.restart();
        taken_by_chloe(stage, &knock)
    }),
    Attack::new("twenty-one strangers in a minute without work", "handshake/work", || {
        let mut stage = Stage::new();
        (0..21).try_for_each(|number| {
            let mut knock = Hand::new(0x60 + number).knock_open(&stage.ben.descriptor);
            knock.attach = None;
            wanted(stage.ben.knock(&knock.make().0))
        })
    }),
    Attack::new("one solved work shown 241 times", "handshake/open-rate", worked_flood),
    Attack::new("a hello of another channel", "handshake/prologue", || {
        let mut stage = Stage::new();
        let knock = Knock { binding: [0xb1; 32], ..stage.ana.knock_open(&stage.ben.descriptor) };
        stage.ben.knock(&knock.make().0).map(drop).map_err(noise_is("handshake/prologue"))
    }),
    Attack::new("ana calls ben's descriptor stale twice", "handshake/stale-once", stale_twice),
];

/// Noise says only that it does not open; where nothing but one thing differs, that thing is the check.
fn noise_is(check: &'static str) -> impl Fn(Refused) -> Refused {
    move |why| if why == "Noise" { check.to_owned() } else { why }
}

/// 428 is an answer of the open door: the rate let this hello in.
fn wanted(answer: Result<HelloReply, Refused>) -> Result<(), Refused> {
    match answer {
        Err(why) if why != "want_descriptor" => Err(why),
        _ => Ok(()),
    }
}

/// Ben made a link, good for a day; ana's hello by it.
fn invited() -> (Stage, Knock) {
    let mut stage = Stage::new();
    let (invite_id, secret) = stage.ben.invite(NOW + 86_400);
    let knock = stage.ana.knock(&stage.ben.descriptor, TicketKind::Invitation, invite_id, secret);
    (stage, knock)
}

fn taken_by_chloe(mut stage: Stage, knock: &Knock) -> Result<(), Refused> {
    let second = stage.chloe.knock(&stage.ben.descriptor, knock.kind, knock.ticket_id, knock.secret);
    stage.ben.knock(&second.make().0).map(drop)
}

fn worked_flood() -> Result<(), Refused> {
    let mut stage = Stage::new();
    let mut knock = stage.ana.knock_open(&stage.ben.descriptor);
    knock.attach = None;
    let mut hello = knock.make().0;
    for _ in 0..20 {
        wanted(stage.ben.knock(&hello))?;
    }
    let challenge = asked_work(&mut stage, &hello)?;
    hello.work = solve(&challenge, Context::of_hello(&hello).hash());
    (0..241).try_for_each(|_| wanted(stage.ben.knock(&hello)))
}

/// The work that ben asks of a stranger when too many came.
fn asked_work(stage: &mut Stage, hello: &Hello) -> Result<WorkChallenge, Refused> {
    let mut fx = Effects::new();
    let conn = ConnId(u64::MAX);
    let input = Input::Hello(HelloIn { conn, hello: hello.clone() });
    stage.ben.tables.handle(stage.ben.now, input, &mut fx);
    match fx.take().pop() {
        Some(Effect::Answer(answer)) => match (answer.outcome, answer.note) {
            (Err(HelloRefusal::SlowDown { work: Some(work), .. }), HelloNote::Check("handshake/work")) => {
                Ok(work)
            }
            other => Err(format!("{other:?}")),
        },
        other => Err(format!("{other:?}")),
    }
}

/// Ben begins with ana, who says twice that he holds an old descriptor of hers.
fn stale_twice() -> Result<(), Refused> {
    let mut stage = Stage::new();
    let with = MeetWith::Open;
    stage.ben.hear(Input::Meet { peer: stage.ana.id(), with });
    for round in 0..2 {
        let (start, ..) = stage.ben.begin(&stage.ana.descriptor)?;
        let signed = stage.ana.with(|body| body.seq += 1 + round).descriptor.bytes().to_vec();
        stage.ben.hear(Input::Answered { start, outcome: Some(Err(HelloRefusal::Stale(B64(signed)))) });
        match stage.ben.verbs.pop() {
            Some(Effect::Learn { start, .. }) => stage.ben.hear(Input::Learnt { start, good: true }),
            Some(Effect::Failed { why: Failure::Stale, .. }) => return Err("handshake/stale-once".to_owned()),
            other => return Err(format!("{other:?}")),
        }
    }
    Ok(())
}

/// Ends of clocks and grants that must still work: the lies above are refused for what they are.
#[test]
fn without_a_lie_each_of_these_hellos_is_answered() {
    granted(|_, _| ()).unwrap();
    paired(|_, _| ()).unwrap();
    let (mut stage, knock) = invited();
    stage.ben.knock(&knock.make().0).unwrap();
    let again = Knock { nonce: Id16([5; 16]), ephemeral: 5, ..knock };
    stage.ben.knock(&again.make().0).expect("the first taker may come again");
}
