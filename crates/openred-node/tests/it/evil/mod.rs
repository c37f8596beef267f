//! The directory is evil: it knows S of every grant that it writes, sits on every wire, keeps what it saw, and
//! replays, forges, swaps and floods. Every attempt ends in a named refusal and without a session; and for each named
//! check, taking away just that check lets an attempt through (PROTOCOL §3.2, §3.4, §4).

mod descriptors;
mod directory;
mod frames;
mod grants;
mod hand;
mod hellos;
mod http;
mod knocking;
mod middle;
mod node;

use openred_core::checks;

use node::Refused;

/// One attempt against a fresh stage. `Ok` means that it got through.
#[derive(Clone, Copy)]
pub(crate) struct Attack {
    name: &'static str,
    /// The refusal that it must end in.
    check: &'static str,
    run: fn() -> Result<(), Refused>,
}

impl Attack {
    pub(crate) const fn new(
        name: &'static str,
        check: &'static str,
        run: fn() -> Result<(), Refused>,
    ) -> Self {
        Self { name, check, run }
    }
}

fn attacks() -> impl Iterator<Item = &'static Attack> {
    [grants::ATTACKS, hellos::ATTACKS, frames::ATTACKS, descriptors::ATTACKS, middle::ATTACKS]
        .into_iter()
        .flatten()
}

/// Checks behind which a second line stands: without them nothing gets through all the same. Each with the reason.
#[cfg(debug_assertions)]
const SECOND_LINES: &[(&str, &str)] = &[(
    "handshake/ticket-known",
    "a ticket that is not in the table has no secret that could be presented, so there is nothing to go on with; and \
     a ticket id in a hello of kind 4 does not fit the keeper's open door, which says so before it looks at the MAC",
)];

#[test]
fn every_attempt_ends_in_its_named_refusal() {
    for attack in attacks() {
        assert_eq!((attack.run)(), Err(attack.check.to_owned()), "{}", attack.name);
    }
}

#[test]
fn every_refusal_has_a_name_that_stays() {
    for attack in attacks() {
        // Noise itself tells nobody what did not fit: a key, the context or the secret.
        assert!(attack.check == "Noise" || checks::ALL.contains(&attack.check), "{}", attack.name);
    }
}

#[test]
fn every_check_has_an_attempt() {
    for name in checks::ALL {
        assert!(attacks().any(|attack| attack.check == *name), "nobody tries {name}");
    }
}

/// The suite goes red without any single check.
#[cfg(debug_assertions)]
#[test]
fn without_a_check_an_attempt_gets_through() {
    let has_second_line = |name: &str| SECOND_LINES.iter().any(|(check, _)| *check == name);
    for name in checks::ALL.iter().filter(|name| !has_second_line(name)) {
        let outcomes: Vec<_> = attacks()
            .filter(|attack| attack.check == *name)
            .map(|attack| (attack.name, checks::without(name, attack.run)))
            .collect();
        let gets_through = outcomes.iter().any(|(_, outcome)| outcome.is_ok());
        assert!(gets_through, "{name} is taken away and nothing happens: {outcomes:?}");
    }
}

/// What is said to be doubled is doubled.
#[cfg(debug_assertions)]
#[test]
fn without_a_doubled_check_nothing_gets_through() {
    for (name, why) in SECOND_LINES {
        let mut renamed = 0;
        for attack in attacks() {
            let outcome = checks::without(name, attack.run);
            assert!(outcome.is_err(), "{} got through without {name}, though {why}", attack.name);
            renamed += usize::from(outcome != Err(attack.check.to_owned()));
        }
        assert!(renamed > 0, "{name} is taken away and even the refusals are the same");
    }
}
