//! Stories of small networks: everybody gets everything, cheaply, soon, also when others fall silent.

use super::world::World;
use crate::overlay::Config;

fn config() -> Config {
    Config::standard()
}

#[test]
fn everybody_gets_everything_although_frames_are_lost() {
    let mut world = World::new(20, 6, 1, &config());
    world.loss = 15;
    for n in 0..60 {
        world.publish(n % 20);
        world.run_for(30);
    }
    world.loss = 0;
    world.run_for(150_000);
    assert_eq!(world.missing(), 0);
    assert!(world.nodes.iter().all(|node| node.got.len() == 60));
}

fn hops(world: &World) -> Vec<u64> {
    (0..16).map(|hops| world.sum(|sum| sum.hops[hops])).collect()
}

fn causes(world: &World) -> String {
    let sums = [
        ("needless", world.sum(|sum| sum.needless)),
        ("grafts", world.sum(|sum| sum.grafts_out)),
        ("prunes", world.sum(|sum| sum.prunes_out)),
        ("served", world.sum(|sum| sum.served)),
        ("asked", world.sum(|sum| sum.iwant_out)),
    ];
    format!("{sums:?}")
}

/// Copies per delivery while `publish` runs, in thousandths.
fn copies(world: &mut World, mut publish: impl FnMut(&mut World)) -> u64 {
    let before = (world.sum(|sum| sum.received), world.sum(|sum| sum.delivered));
    publish(world);
    world.run_for(3000);
    assert_eq!(world.missing(), 0);
    (world.sum(|sum| sum.received) - before.0) * 1000 / (world.sum(|sum| sum.delivered) - before.1)
}

#[test]
fn a_stable_network_needs_hardly_more_than_one_copy() {
    let mut world = World::new(30, 8, 2, &config());
    for n in 0..60 {
        world.publish(n % 30);
        world.run_for(50);
    }
    let before = hops(&world);
    let many = copies(&mut world, |world| {
        (0..30).for_each(|n| {
            world.publish((n * 7) % 30);
            world.run_for(20);
        })
    });
    assert!(many <= 1300, "30 origins with one message each: {many}, {}", causes(&world));
    let busy = copies(&mut world, |world| {
        (0..400).for_each(|n| {
            world.publish(n % 8);
            world.run_for(5);
        })
    });
    assert!(busy <= 1300, "8 busy origins: {busy}, {}", causes(&world));
    let hops: Vec<u64> = hops(&world).iter().zip(before).map(|(after, before)| after - before).collect();
    let (far, all) = (hops[7..].iter().sum::<u64>(), hops.iter().sum::<u64>());
    assert!(far * 100 <= all, "log_3(30) + 3 = 6 hops: {hops:?}");
}

#[test]
fn the_rest_of_what_somebody_unknown_says_comes_within_seconds() {
    let mut world = World::new(12, 4, 5, &config());
    (0..100).for_each(|_| world.publish(0));
    world.run_for(1000);
    assert!(world.missing() > 0, "sixteen of an unknown origin wait for its log");
    world.run_for(15_000);
    assert_eq!(world.missing(), 0);
}

#[test]
fn who_publishes_more_than_anybody_takes_in_waits_instead_of_being_dropped() {
    let mut config = config();
    config.limits.origin_per_s = 100;
    let mut world = World::new(6, 4, 4, &config);
    // Known by then: what comes of an unknown origin waits for its log.
    world.publish(0);
    world.run_for(10_000);
    (1..1000).for_each(|_| world.publish(0));
    world.run_for(5000);
    assert!((350..1000).contains(&world.nodes[0].got.len()), "its budget and no more");
    world.run_for(5000);
    assert_eq!(world.nodes[0].got.len(), 1000);
    let dropped: Vec<_> = world.nodes.iter().map(|node| &node.overlay.counters().dropped).collect();
    assert!(dropped.iter().all(|dropped| dropped.is_empty()), "{dropped:?}");
    assert_eq!(world.missing(), 0);
}

#[test]
fn a_third_that_freezes_costs_milliseconds() {
    let mut world = World::new(24, 10, 3, &config());
    for n in 0..72 {
        world.publish(n % 24);
        world.run_for(20);
    }
    world.run_for(1000);
    (0..8).for_each(|n| world.nodes[n * 3].frozen = true);
    let since_ms = world.now_ms;
    for n in 0..100 {
        world.publish((n % 8) * 3 + 1);
        world.run_for(20);
    }
    world.run_for(1000);
    let delays = world.delays(since_ms);
    assert_eq!(delays.len(), 100 * 16, "all live nodes are reached");
    let p99 = delays[delays.len() * 99 / 100];
    assert!(p99 <= 40, "p99 {p99} ms, last {:?}", delays.last());
}

#[test]
fn who_was_away_gets_what_is_alive() {
    let mut world = World::new(8, 4, 4, &config());
    world.nodes[5].frozen = true;
    for n in 0..300 {
        world.publish(n % 3);
        world.run_for(5);
    }
    world.run_for(2000);
    world.nodes[5].frozen = false;
    world.run_for(120_000);
    assert_eq!((world.nodes[5].got.len(), world.missing()), (300, 0));
    let served = world.sum(|sum| sum.served);
    assert!(served <= 900, "about the difference is sent: {served}");
}

#[test]
fn equal_seeds_give_equal_effects() {
    let run = |seed| {
        let mut world = World::new(10, 4, seed, &config());
        world.loss = 10;
        for n in 0..30 {
            world.publish(n % 4);
            world.run_for(25);
        }
        world.run_for(70_000);
        world.trace
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}
