//! The tables as stories: ana asks and begins, ben answers, chloé and eve try what they should not.

mod beginning;
mod grants;
mod hellos;
mod sessions;

use openred_core::{
    grant::{Core, OwnRequest},
    hello::{Hello, HelloRefusal, HelloReply, TicketKind},
    ids::{Hash, Id16, NodeId},
    token::Role,
};

use super::*;

pub(super) const ANA: NodeId = NodeId([1; 32]);
pub(super) const BEN: NodeId = NodeId([2; 32]);
pub(super) const CHLOE: NodeId = NodeId([3; 32]);
pub(super) const DIRECTORY: NodeId = NodeId([4; 32]);
pub(super) const NOON: u64 = 1_795_262_400;

pub(super) fn at(mono_ms: u64) -> Now {
    Now { mono_ms, unix_ms: NOON * 1000 + mono_ms }
}

/// Ben's tables with a driver whose disk and keeper do as they are told.
pub(super) struct Node {
    pub(super) tables: Introduction,
    pub(super) now: Now,
}

impl Node {
    pub(super) fn of(id: NodeId, restored: Restored) -> Self {
        let mut node = Self { tables: Introduction::new(id, [9; 32], restored), now: at(0) };
        node.hear(Input::OwnDescriptor { signed: vec![id.0[0]], hash: desc(id) });
        node
    }

    pub(super) fn ben() -> Self {
        Self::of(BEN, Restored::default())
    }

    pub(super) fn ana() -> Self {
        Self::of(ANA, Restored::default())
    }

    /// One input, its effects.
    pub(super) fn hear(&mut self, input: Input) -> Vec<Effect> {
        let mut fx = Effects::new();
        self.tables.handle(self.now, input, &mut fx);
        fx.take()
    }

    pub(super) fn wait(&mut self, ms: u64) {
        self.now = Now { mono_ms: self.now.mono_ms + ms, unix_ms: self.now.unix_ms + ms };
    }

    /// A hello with an honest keeper and disk behind: the answers that leave.
    pub(super) fn knock(&mut self, conn: u64, hello: &Hello) -> Vec<Answer> {
        let effects = self.hear(Input::Hello(HelloIn { conn: ConnId(conn), hello: hello.clone() }));
        self.drive(effects)
    }

    pub(super) fn drive(&mut self, mut effects: Vec<Effect>) -> Vec<Answer> {
        let mut answers = Vec::new();
        while !effects.is_empty() {
            let mut next = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Check { answer, .. } => {
                        next.extend(self.hear(Input::Checked { answer, outcome: Ok(true) }))
                    }
                    Effect::Accept { answer, hello, .. } => {
                        let outcome = Ok(reply_to(&hello));
                        next.extend(self.hear(Input::Accepted { answer, outcome }));
                    }
                    Effect::Store { store: Some(store), .. } => {
                        next.extend(self.hear(Input::Stored { store }))
                    }
                    Effect::Answer(answer) => answers.push(answer),
                    _ => {}
                }
            }
            effects = next;
        }
        answers
    }

    pub(super) fn take(&mut self, grant: GrantIn) -> Vec<Effect> {
        self.hear(Input::Grant(grant))
    }
}

pub(super) fn reply_to(hello: &Hello) -> HelloReply {
    HelloReply { noise: hello.noise, session_id: hello.token }
}

pub(super) fn desc(id: NodeId) -> Hash {
    Hash([id.0[0]; 32])
}

pub(super) fn core(number: u8, id_a: NodeId, id_b: NodeId) -> Core {
    Core {
        grant_id: Id16([number; 16]),
        dir_id: DIRECTORY,
        id_a,
        id_b,
        desc_a: desc(id_a),
        desc_b: desc(id_b),
        method: 0,
        salt_a: [0; 32],
        salt_b: [0; 32],
        commit: Hash([0; 32]),
        not_before: NOON,
        ttl: 120,
    }
}

pub(super) fn grant(number: u8, role: Role) -> GrantIn {
    GrantIn { core: core(number, ANA, BEN), role, contact: false, ticket: vec![number] }
}

pub(super) fn asked(number: u8) -> Input {
    Input::Asked(OwnRequest { grant_id: Id16([number; 16]), dir_id: DIRECTORY, id_b: BEN })
}

/// A hello of ana to ben; `attempt` varies nonce and noise.
pub(super) fn hello(kind: TicketKind, ticket: u8, attempt: u8) -> Hello {
    let blank = kind == TicketKind::Grant;
    Hello {
        kind,
        ticket_id: Id16([if kind == TicketKind::Open { 0 } else { ticket }; 16]),
        id_a: ANA,
        id_b: BEN,
        desc_a: desc(ANA),
        desc_b: desc(BEN),
        nonce: Id16([if blank { 0 } else { attempt }; 16]),
        time: if blank { 0 } else { NOON },
        noise: [attempt; 48],
        token: Id16([attempt; 16]),
        descriptor: None,
        work: None,
    }
}

/// The one answer: its refusal and the check that made it.
pub(super) fn refusal(answers: &[Answer]) -> (&HelloRefusal, &HelloNote) {
    let [Answer { outcome: Err(refusal), note, .. }] = answers else {
        panic!("one refusal, not {answers:?}")
    };
    (refusal, note)
}

pub(super) fn accepted(answers: &[Answer]) -> bool {
    matches!(answers, [Answer { outcome: Ok(_), .. }])
}
