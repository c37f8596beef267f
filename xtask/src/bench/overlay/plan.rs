//! Which cases make the comparison. Knows no result.

use super::case::{Case, Flood, Load, Lost, Part, Who};

/// Nodes wherever a part has one size only.
const MIDDLE: u16 = 32;
/// Nodes that may say more together than the machine can carry, each within what one origin may.
const MANY: u16 = 16;
/// Messages a second of a quiet network.
const QUIET: u32 = 50;
/// Messages a second of a busy one, which both one process and eight can carry.
const BUSY: u32 = 2_000;
/// Seconds of a flood.
const MINUTE_S: u32 = 60;
/// Messages under way of a network under load.
const FULL: u32 = 64;

const SIGNED: [Who; 3] = [Who::Openred, Who::IrohGossip, Who::Gossipsub];

/// All cases of these parts, the ones that belong together after one another.
pub(crate) fn cases(parts: &[Part], sizes: &[u16], seconds: Option<u32>) -> Vec<Case> {
    let of = |part: &Part| match part {
        Part::Load => load(sizes),
        Part::Ten => ten(sizes),
        Part::Quiet => SIGNED.map(|who| case(Part::Quiet, who, MIDDLE, Load::PerSecond(QUIET))).to_vec(),
        Part::Lost => lost(),
        Part::Apart => apart(),
        Part::Flood => flood(),
        Part::Standard => {
            vec![case(Part::Standard, Who::Openred, MANY, Load::InFlight(u32::from(MANY) * 64))]
        }
    };
    let with = |case: Case| Case { seconds: seconds.unwrap_or(case.seconds), ..case };
    parts.iter().flat_map(of).map(with).collect()
}

/// Ours alone and small: does it carry everything to everybody?
pub(crate) fn short() -> Vec<Case> {
    let one = case(Part::Load, Who::Openred, 8, Load::InFlight(FULL));
    vec![Case { warm_s: 1, seconds: 2, ..one }]
}

fn case(part: Part, who: Who, nodes: u16, load: Load) -> Case {
    // A tree is shaped by what travels along it: a hundred origins take longer to have sent enough.
    let warm_s = if nodes > 64 { 10 } else { 4 };
    Case { part, who, nodes, load, lost: None, flood: None, apart: false, warm_s, seconds: 8 }
}

fn load(sizes: &[u16]) -> Vec<Case> {
    let everybody = [Who::Openred, Who::IrohGossip, Who::IrohGossipUnsigned, Who::Gossipsub];
    let of = |nodes: &u16| everybody.map(|who| case(Part::Load, who, *nodes, Load::InFlight(FULL)));
    sizes.iter().flat_map(of).collect()
}

fn ten(sizes: &[u16]) -> Vec<Case> {
    let of = |nodes: &u16| case(Part::Ten, Who::Openred, *nodes, Load::InFlight(u32::from(*nodes) * 10));
    sizes.iter().map(of).collect()
}

/// iroh-gossip has no way to keep silent with its own code: it is not asked to be mute.
fn lost() -> Vec<Case> {
    let mut cases = Vec::new();
    for how in [Lost::Frozen, Lost::Killed, Lost::Mute] {
        for load in [Load::PerSecond(QUIET), Load::InFlight(FULL)] {
            let who = SIGNED.into_iter().filter(|who| how != Lost::Mute || *who != Who::IrohGossip);
            cases.extend(who.map(|who| Case { lost: Some(how), ..case(Part::Lost, who, MIDDLE, load) }));
        }
    }
    cases
}

/// By a rate: who publishes in a process of its own does not know when a message has arrived everywhere.
fn apart() -> Vec<Case> {
    let together = case(Part::Apart, Who::Openred, 8, Load::PerSecond(BUSY));
    vec![together, Case { apart: true, ..together }]
}

/// The flooder is a process too, so that what it costs itself is not counted.
fn flood() -> Vec<Case> {
    let quiet = case(Part::Flood, Who::Openred, 8, Load::PerSecond(QUIET));
    let of = |how| Case { flood: Some(how), apart: true, seconds: MINUTE_S, ..quiet };
    [Flood::Signed, Flood::Forged].map(of).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_carries_the_same_and_ours_comes_first() {
        let all = cases(&[Part::Load, Part::Lost], &[8, 100], Some(3));
        assert_eq!(all.iter().filter(|case| case.part == Part::Load).count(), 2 * 4);
        assert_eq!(all.iter().filter(|case| case.lost.is_some()).count(), 16);
        assert!(all.iter().all(|case| case.seconds == 3));
        let groups = all.chunk_by(|one, next| {
            (one.part, one.nodes, one.load, one.lost) == (next.part, next.nodes, next.load, next.lost)
        });
        for group in groups {
            assert_eq!(group[0].who, Who::Openred, "{}", group[0].words());
        }
    }

    #[test]
    fn the_short_one_is_short() {
        let [one] = short()[..] else { panic!("one case") };
        assert!(one.warm_s + one.seconds <= 3 && one.who == Who::Openred);
    }
}
