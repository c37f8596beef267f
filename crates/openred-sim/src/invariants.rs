//! What must hold at the end of a run: one function each, named as a sentence.
//!
//! They compare what nodes hold with the reference model, and believe no node about itself where they can look. Must
//! not know: scenarios.

use std::collections::BTreeSet;

use openred_proto::overlay::{
    Group,
    peers::{PeerState, Slot},
    trust::{BOOST_MAX, TRUSTED},
};

use crate::{evil::Role, node::Node, queue::At, world::World};

/// A sentence and whether it holds; what was seen if not.
pub type Invariant = (&'static str, fn(&World) -> Result<(), String>);

/// What every run must keep, whatever happens in it.
pub const ALWAYS: &[Invariant] = &[QUEUES, TABLES, LINKS];

/// See the function.
pub const EVERYTHING: Invariant =
    ("everybody honest holds everything that is alive", everybody_honest_holds_everything);
/// See the function.
pub const NEARLY_EVERYTHING: Invariant = ("999 of 1000 deliveries are made", nearly_everything_is_everywhere);
/// See the function.
pub const SOON: Invariant = ("nobody waits a second", nobody_waits_a_second);
/// See the function.
pub const MENDED: Invariant = ("what got lost is there before a reconciliation", what_got_lost_is_mended);
/// See the function.
pub const MENDED_SOON: Invariant = ("losses are mended within three seconds", losses_are_mended_soon);
/// See the function.
pub const ONE_COPY: Invariant =
    ("a delivery costs at most 1.3 copies", a_delivery_costs_hardly_more_than_one_copy);
/// See the function.
pub const FEW_COPIES: Invariant = ("a delivery costs at most 3 copies", a_delivery_costs_few_copies);
/// See the function.
pub const FEW_HOPS: Invariant = ("hops are few", a_message_takes_few_hops);
/// See the function.
pub const QUEUES: Invariant = ("queues are bounded", queues_are_bounded);
/// See the function.
pub const TABLES: Invariant = ("tables are bounded", tables_are_bounded);
/// See the function.
pub const LINKS: Invariant = ("links are bounded", links_are_bounded);
/// See the function.
pub const ANCHORS: Invariant = ("who comes back dials its anchors", who_comes_back_dials_its_anchors);
/// See the function.
pub const PINNED: Invariant = ("pinned contacts are reached", pinned_contacts_are_reached);
/// See the function.
pub const BOOSTS: Invariant =
    ("boosts of all fakes are at most 0.1 per fooled recommender", boosts_are_bounded);
/// See the function.
pub const SHARE: Invariant =
    ("draws fall on fakes no more often than their share of address groups", draws_are_fair);
/// See the function.
pub const FEW_GROUPS: Invariant = ("a group holds one outbound slot", a_group_holds_one_outbound_slot);
/// See the function.
pub const QUOTA: Invariant = ("a flooder gets its quota and no more", a_flooder_gets_its_quota);

/// See the function.
pub const NO_FORGERS: Invariant = ("who forges is left", who_forges_is_left);

fn honest(world: &World) -> impl Iterator<Item = (At, &Node)> {
    (0..).zip(&world.nodes).filter(|(_, node)| node.is_honest() && node.is_up())
}

fn fail(bad: bool, seen: impl FnOnce() -> String) -> Result<(), String> {
    if bad { Err(seen()) } else { Ok(()) }
}

/// (missing, expected, an example) of what honest nodes must hold; without `cut_off` nodes that have no honest
/// neighbour do not count.
fn missing(world: &World, cut_off: bool) -> (u64, u64, String) {
    let (mut missing, mut expected, mut example) = (0, 0, String::new());
    for (at, node) in honest(world).filter(|(_, node)| cut_off || has_honest_neighbour(world, node)) {
        let Some(overlay) = node.overlay.as_ref() else { continue };
        for (number, made) in (0..).zip(&world.model.all) {
            if !made.due || made.ends_ms <= world.now_ms {
                continue;
            }
            expected += 1;
            // A clock that jumped ahead ended messages early: there they were delivered, but are not held.
            let there = overlay.holds(&made.id) || node.jumped && world.model.has(at, number);
            if !there {
                missing += 1;
                if example.is_empty() {
                    example = format!("node {at} lacks {number} of {} made at {} ms", made.by, made.at_ms);
                }
            }
        }
    }
    (missing, expected, example)
}

fn has_honest_neighbour(world: &World, node: &Node) -> bool {
    node.links.keys().any(|other| world.nodes.get(*other as usize).is_some_and(Node::is_honest))
}

/// Honest nodes that are linked with evil ones only.
#[must_use]
pub fn cut_off(world: &World) -> usize {
    honest(world).filter(|(_, node)| !has_honest_neighbour(world, node)).count()
}

/// Each honest node that runs holds each message of an honest node that is alive.
pub fn everybody_honest_holds_everything(world: &World) -> Result<(), String> {
    let (missing, expected, example) = missing(world, true);
    fail(missing > 0 || expected == 0, || format!("{missing} of {expected} are missing: {example}"))
}

/// As above, for 999 of 1000; who is linked with evil nodes only is counted apart.
pub fn nearly_everything_is_everywhere(world: &World) -> Result<(), String> {
    let (missing, expected, example) = missing(world, false);
    let cut_off = cut_off(world);
    fail(missing * 1000 > expected || expected == 0, || {
        format!("{missing} of {expected} are missing, {cut_off} nodes cut off: {example}")
    })
}

/// 99 of 100 deliveries to nodes that were there come within a second.
pub fn nobody_waits_a_second(world: &World) -> Result<(), String> {
    let p99_ms = world.watch.within_ms(990);
    fail(p99_ms > 1000, || format!("p99 is {p99_ms} ms"))
}

/// 95 of 100 deliveries come long before the next reconciliation, although frames get lost.
pub fn what_got_lost_is_mended(world: &World) -> Result<(), String> {
    let p95_ms = world.watch.within_ms(950);
    fail(p95_ms > 5000, || format!("p95 is {p95_ms} ms"))
}

/// 99 of 100 deliveries come within three seconds, although every fifth frame gets lost.
pub fn losses_are_mended_soon(world: &World) -> Result<(), String> {
    let p99_ms = world.watch.within_ms(990);
    fail(p99_ms > 3000, || format!("p99 is {p99_ms} ms"))
}

/// Whole messages received per delivery, when nothing disturbs the trees.
pub fn a_delivery_costs_hardly_more_than_one_copy(world: &World) -> Result<(), String> {
    let copies = world.copies();
    fail(copies > 1.3, || format!("{copies:.3} copies"))
}

/// The same with people who disturb them.
pub fn a_delivery_costs_few_copies(world: &World) -> Result<(), String> {
    let copies = world.copies();
    fail(copies > 3.0, || format!("{copies:.3} copies"))
}

/// 99 of 100 deliveries take at most log_fanout(n) + 3 hops.
pub fn a_message_takes_few_hops(world: &World) -> Result<(), String> {
    let most = most_hops(world);
    let hops = world.hops();
    let (all, far) = (hops.iter().sum::<u64>(), hops.iter().skip(most + 1).sum::<u64>());
    fail(far * 100 > all, || format!("{far} of {all} took more than {most}: {hops:?}"))
}

/// log_fanout(n) + 3, rounded up.
#[must_use]
pub fn most_hops(world: &World) -> usize {
    let fanout = world.setup.config.gossip.fanout.max(2);
    let (mut hops, mut reached) = (0, 1);
    while reached < world.nodes.len() {
        (hops, reached) = (hops + 1, reached.saturating_mul(fanout));
    }
    hops + 3
}

/// Nobody ever had more waiting for one peer than twice its limit and one frame.
pub fn queues_are_bounded(world: &World) -> Result<(), String> {
    let limit = 2 * world.setup.config.limits.peer_queue_bytes as u64 + 65_536;
    let worst = honest(world).map(|(_, node)| node.queue_max).max().unwrap_or(0);
    fail(worst > limit, || format!("{worst} bytes waited"))
}

/// Nobody holds more messages than it may.
pub fn tables_are_bounded(world: &World) -> Result<(), String> {
    let limit = world.setup.config.limits.message_cache_size;
    let most = honest(world).filter_map(|(_, node)| Some(node.overlay.as_ref()?.len())).max().unwrap_or(0);
    fail(most > limit, || format!("{most} messages are held"))
}

/// Nobody has more links than it may, pinned contacts and dials under way aside.
pub fn links_are_bounded(world: &World) -> Result<(), String> {
    let limit = world.setup.config.peers.max_peers;
    let count = |(at, node): (At, &Node)| {
        let peers = node.overlay.as_ref()?.peers(world.now_of(at));
        Some(peers.iter().filter(|peer| peer.state == PeerState::Active && !peer.pinned).count())
    };
    let most = honest(world).filter_map(count).max().unwrap_or(0);
    fail(most > limit, || format!("{most} links"))
}

/// Whoever had anchors when it came back dialled one of them first.
pub fn who_comes_back_dials_its_anchors(world: &World) -> Result<(), String> {
    let mut back = honest(world).filter(|(at, node)| world.life(*at) > 0 && !node.anchors.is_empty());
    let forgot = back.find(|(_, node)| !node.anchored);
    fail(forgot.is_some(), || format!("node {:?} did not", forgot.map(|(at, _)| at)))
}

/// Each pinned contact that runs is linked.
pub fn pinned_contacts_are_reached(world: &World) -> Result<(), String> {
    for (at, node) in honest(world) {
        for person in node.people.iter().filter(|person| person.pinned) {
            let runs = world.node(&person.node_id).is_some_and(Node::is_up);
            let peers =
                node.overlay.as_ref().map(|overlay| overlay.peers(world.now_of(at))).unwrap_or_default();
            let mut active = peers.iter().filter(|peer| peer.state == PeerState::Active);
            if runs && !active.any(|peer| peer.node_id == person.node_id) {
                return Err(format!("node {at} has no link with {}", person.node_id));
            }
        }
    }
    Ok(())
}

/// What recommendations give to all fakes together, at each honest observer: at most 0.1 for each fake that is its
/// contact or has earned 0.7 with it, and exactly 0 without any.
pub fn boosts_are_bounded(world: &World) -> Result<(), String> {
    let fakes: Vec<_> =
        world.nodes.iter().filter(|node| !node.is_honest()).map(|node| node.person.id()).collect();
    for (at, node) in honest(world) {
        let Some(overlay) = node.overlay.as_ref() else { continue };
        let now = world.now_of(at);
        let views: Vec<_> = fakes.iter().map(|fake| overlay.trust(fake, now)).collect();
        let is_contact = |id| node.people.iter().any(|person| person.contact && person.node_id == id);
        let won = views.iter().filter(|view| view.direct >= TRUSTED || is_contact(view.node_id)).count();
        let limit = BOOST_MAX * i64::try_from(won).unwrap_or(i64::MAX);
        let sum: i64 = views.iter().map(|view| view.boost).sum();
        if sum > limit {
            return Err(format!("node {at}: {sum} millionths, {limit} at most"));
        }
    }
    Ok(())
}

/// Sum of boosts of fakes at the most fooled observer, millionths.
#[must_use]
pub fn most_boost(world: &World) -> i64 {
    let fakes = || world.nodes.iter().filter(|node| !node.is_honest()).map(|node| node.person.id());
    let of = |(at, node): (At, &Node)| {
        let overlay = node.overlay.as_ref()?;
        Some(fakes().map(|fake| overlay.trust(&fake, world.now_of(at)).boost).sum())
    };
    honest(world).filter_map(of).max().unwrap_or(0)
}

/// What fakes hold of outbound slots, and what would be fair.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    /// Outbound slots of honest nodes that fakes hold.
    pub theirs: usize,
    /// All outbound slots of honest nodes.
    pub all: usize,
    /// How many of them fall on fakes when each node draws from the address groups of everybody but itself and those
    /// whom it pinned.
    pub fair: f64,
}

/// See the type.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "at most some thousands")]
pub fn outbound_share(world: &World) -> Share {
    let groups = |nodes: &mut dyn Iterator<Item = &Node>| {
        nodes.filter_map(|node| Group::of(&node.person.address)).collect::<BTreeSet<_>>()
    };
    let fakes = groups(&mut world.nodes.iter().filter(|node| !node.is_honest()));
    let people = groups(&mut world.nodes.iter().filter(|node| node.is_honest()));
    let mut share = Share::default();
    for (at, node) in honest(world) {
        let mut drawn = 0;
        for peer in node.overlay.iter().flat_map(|overlay| overlay.peers(world.now_of(at))) {
            if peer.state == PeerState::Active && peer.slot == Some(Slot::Outbound) {
                drawn += 1;
                share.theirs += usize::from(!world.node(&peer.node_id).is_some_and(Node::is_honest));
            }
        }
        let own = 1 + node.people.iter().filter(|person| person.pinned).count();
        let others = people.len().saturating_sub(own);
        share.all += drawn;
        share.fair += drawn as f64 * fakes.len() as f64 / (fakes.len() + others).max(1) as f64;
    }
    share
}

/// Of the address groups that honest nodes drew to dial, fakes' are at most their share, and three standard deviations
/// of chance. What they hold in the end is more where honest nodes have no slot left: see [`outbound_share`].
#[expect(clippy::cast_precision_loss, reason = "at most some thousands")]
pub fn draws_are_fair(world: &World) -> Result<(), String> {
    let (theirs, all) = draws(world);
    let share = outbound_share(world);
    let chance = share.fair / (share.all as f64).max(1.0);
    let fair = chance * all as f64;
    let limit = fair + 3.0 * (fair * (1.0 - chance)).sqrt();
    fail(theirs as f64 > limit, || format!("{theirs} of {all}, {fair:.1} are fair"))
}

/// (fakes' groups, all groups) that honest nodes dialled, their own people apart.
#[must_use]
pub fn draws(world: &World) -> (usize, usize) {
    let fakes: BTreeSet<Group> = world
        .nodes
        .iter()
        .filter(|node| !node.is_honest())
        .filter_map(|node| Group::of(&node.person.address))
        .collect();
    let drawn = || world.nodes.iter().filter(|node| node.is_honest()).flat_map(|node| &node.drawn);
    (drawn().filter(|group| fakes.contains(group)).count(), drawn().count())
}

/// No honest node has two outbound links into one address group.
pub fn a_group_holds_one_outbound_slot(world: &World) -> Result<(), String> {
    for (at, node) in honest(world) {
        let peers = node.overlay.as_ref().map(|overlay| overlay.peers(world.now_of(at))).unwrap_or_default();
        let drawn = peers.iter().filter(|peer| peer.slot == Some(Slot::Outbound));
        let mut groups: Vec<_> = drawn.filter_map(|peer| peer.group.clone()).collect();
        let all = groups.len();
        groups.sort();
        groups.dedup();
        if groups.len() < all {
            return Err(format!("node {at}: {all} links into {} groups", groups.len()));
        }
    }
    Ok(())
}

/// Of each flooder's messages an honest node takes what an origin may make in that time, and four seconds' burst.
pub fn a_flooder_gets_its_quota(world: &World) -> Result<(), String> {
    let per_s = world.setup.config.limits.origin_per_s;
    let limit = per_s * (world.now_ms / 1000 + 5);
    for (at, _) in honest(world) {
        let mut taken = std::collections::BTreeMap::<At, u64>::new();
        for (number, made) in (0..).zip(&world.model.all) {
            let flooder = world.nodes.get(made.by as usize).is_some_and(|node| node.role == Role::Flooder);
            if flooder && world.model.has(at, number) {
                *taken.entry(made.by).or_default() += 1;
            }
        }
        if let Some((by, taken)) = taken.into_iter().find(|(_, taken)| *taken > limit) {
            return Err(format!("node {at} took {taken} of {by}, {limit} at most"));
        }
    }
    Ok(())
}

/// No honest node is linked in the end with a forger that it has caught twice.
pub fn who_forges_is_left(world: &World) -> Result<(), String> {
    for (at, node) in honest(world) {
        let Some(overlay) = node.overlay.as_ref() else { continue };
        let now = world.now_of(at);
        for other in node.links.keys().filter_map(|other| world.nodes.get(*other as usize)) {
            let caught = overlay.trust(&other.person.id(), now).invalid;
            if other.role == Role::Forger && caught > 1 {
                return Err(format!("node {at} is linked with one that it caught {caught} times"));
            }
        }
    }
    Ok(())
}
