//! Which cases are run, in the order of the table. Knows no goal.

use super::case::{Case, Group};

/// Offered to our relay by stream and to Redis while owners read: what each is asked to do with time to spare.
pub(crate) const OFFERED: u64 = 65_000;
const OFFERED_REDIS: u64 = 50_000;
/// Where the calls' maximum is not known, the load that S4 asks for.
const CALLS: u64 = 10_000;

/// The cases of these groups (none: all), each measured for so many seconds.
pub(crate) fn cases(only: &[Group], seconds: u32) -> Vec<Case> {
    let case = |group, row, who| Case {
        group,
        row,
        who,
        size: 1_024,
        deliver: false,
        rate: None,
        rows: None,
        seconds,
    };
    let large = |case: &Case| Case { size: 4_096, ..case.clone() };
    let delivered = |case: &Case| Case { deliver: true, ..case.clone() };
    let offered = |case: &Case, rate| Case { rate: Some(rate), ..case.clone() };
    let rows = |case: &Case, rows| Case { rows: Some(rows), ..case.clone() };

    let disk = case(Group::Disk, "disk", "bare disk over TCP");
    let stream = case(Group::Openred, "openred-stream", "OpenRed, stream");
    let post = case(Group::Openred, "openred-post", "OpenRed, a call for each");
    let batch = case(Group::Openred, "openred-batch", "OpenRed, a call for 1,000");
    let axum = case(Group::Axum, "axum", "axum, stores nothing");
    let axum_disk = case(Group::Axum, "axum-disk", "axum, bare disk");
    let always = case(Group::Redis, "redis-always", "Redis, fsync always");
    let everysec = case(Group::Redis, "redis-everysec", "Redis, fsync everysec");
    let nats = case(Group::Nats, "nats", "NATS JetStream");
    let nats_always = case(Group::Nats, "nats-always", "NATS JetStream, sync always");
    let mosquitto = case(Group::Mosquitto, "mosquitto", "Mosquitto, QoS 1");
    let row = case(Group::Postgres, "postgres-row", "PostgreSQL");
    let batched = case(Group::Postgres, "postgres-batch", "PostgreSQL");
    let cluster = case(Group::Postgres, "openred-cluster", "OpenRed on PostgreSQL");
    let memory = case(Group::Memory, "openred-memory", "OpenRed, a million messages");
    let all = [
        disk.clone(),
        large(&disk),
        stream.clone(),
        large(&stream),
        delivered(&stream),
        offered(&delivered(&stream), OFFERED),
        offered(&delivered(&stream), OFFERED_REDIS),
        post.clone(),
        offered(&post, CALLS),
        batch,
        axum,
        axum_disk,
        always.clone(),
        delivered(&always),
        everysec.clone(),
        large(&everysec),
        delivered(&everysec),
        offered(&delivered(&everysec), OFFERED_REDIS),
        nats.clone(),
        large(&nats),
        delivered(&nats),
        nats_always,
        delivered(&mosquitto),
        rows(&row, 1),
        rows(&batched, 100),
        rows(&batched, 1_000),
        cluster,
        memory,
    ];
    all.into_iter().filter(|case| only.is_empty() || only.contains(&case.group)).collect()
}

/// Calls are offered at half of what they reached in this run.
pub(crate) fn at_half(case: Case, calls_per_s: Option<f64>) -> Case {
    match calls_per_s {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate above nothing")]
        Some(most) if case.row == "openred-post" && case.rate.is_some() => {
            Case { rate: Some(((most / 2.0) as u64).max(1)), ..case }
        }
        _ => case,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_run_alone_and_calls_at_half_of_what_they_reached() {
        let cases = cases(&[Group::Openred], 4);
        assert!(cases.iter().all(|case| case.row.starts_with("openred-")), "ours alone");
        let halved: Vec<u64> =
            cases.iter().filter_map(|case| at_half(case.clone(), Some(30_000.0)).rate).collect();
        assert_eq!(halved, [OFFERED, OFFERED_REDIS, 15_000], "by stream as offered, by call half");
        let words = cases[3].arguments().join(" ");
        assert!(
            words.contains("--row openred-stream") && words.contains("--rate 65000 --deliver"),
            "{words}"
        );
    }
}
