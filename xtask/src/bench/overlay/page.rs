//! What was shown, as tables in Markdown that read well in a terminal too. Knows no goal.

use super::case::{Case, Load, Part, Run, Shown, Span, Who};

/// A table per part, rows in the order they were run.
pub(crate) fn text(runs: &[Run]) -> String {
    let mut pages = Vec::new();
    for part in runs.chunk_by(|one, next| one.case.part == next.case.part) {
        let Some(first) = part.first() else { continue };
        let header = match first.case.part {
            Part::Quiet => QUIET.as_slice(),
            Part::Lost => &LOST,
            Part::Flood => &FLOOD,
            Part::Load | Part::Ten | Part::Standard | Part::Apart => &LOAD,
        };
        let rows = part.iter().flat_map(|run| match run.case.part {
            Part::Flood => spans(run),
            _ => vec![row(run, ours(runs, &run.case))],
        });
        let rows: Vec<Vec<String>> = rows.collect();
        pages.push(format!("{}\n\n{}", title(first.case.part), markdown(header, &rows)));
    }
    pages.join("\n\n")
}

/// A case in a few words, for who waits.
pub(crate) fn words(run: &Run) -> String {
    match &run.shown {
        Ok(shown) => {
            let (all, cpu) = (number(shown.deliveries_per_s), number(shown.cpu_us_per_delivery));
            let (p99, reached) = (number(shown.p99_ms), cut(shown.reached_percent));
            format!("{all}/s, {cpu} µs each, p99 {p99} ms, {reached} % reached")
        }
        Err(why) => format!("no figures: {why}"),
    }
}

const LOAD: [&str; 11] = [
    "nodes",
    "system",
    "deliveries/s",
    "ours",
    "CPU µs each",
    "ours",
    "payloads received",
    "wire bytes per byte",
    "p50 ms",
    "p99 ms",
    "reached",
];
const QUIET: [&str; 7] = ["nodes", "system", "p50 ms", "p99 ms", "last ms", "ours, p99", "reached"];
const LOST: [&str; 8] = [
    "a third",
    "load",
    "system",
    "reached",
    "deliveries/s",
    "p99 ms",
    "longest pause ms",
    "ours, deliveries",
];

const FLOOD: [&str; 12] = [
    "flood",
    "the neighbour sends",
    "p50 ms",
    "p99 ms",
    "over quiet",
    "reached",
    "sent/s",
    "of wanted",
    "taken in/s",
    "thrown out",
    "cores, others'",
    "MB first, most, last",
];

const fn title(part: Part) -> &'static str {
    match part {
        Part::Load => "Full load: 64 messages of 1 KiB under way, from all nodes",
        Part::Ten => "10 messages of every origin under way",
        Part::Quiet => "Quiet: 50 messages a second over all nodes",
        Part::Lost => "A third of the nodes lost when measuring begins, 32 nodes",
        Part::Standard => "Standard limits, 64 messages of every origin under way",
        Part::Flood => "A neighbour of one node floods it, 8 nodes, 50 messages a second over all of them",
        Part::Apart => "2,000 messages a second over all nodes: in one process, and in a process each",
    }
}

/// Ours under the same conditions in the same run.
fn ours<'a>(runs: &'a [Run], of: &Case) -> Option<&'a Shown> {
    let same = |run: &&Run| {
        let case = &run.case;
        case.who == Who::Openred
            && of.who != Who::Openred
            && (case.part, case.nodes, case.load, case.lost) == (of.part, of.nodes, of.load, of.lost)
    };
    runs.iter().find(same)?.shown.as_ref().ok()
}

fn row(run: &Run, ours: Option<&Shown>) -> Vec<String> {
    let case = &run.case;
    let who = case.who.name().to_owned();
    let (nodes, shown) = (
        case.nodes.to_string(),
        match &run.shown {
            Ok(shown) => shown,
            Err(why) => return vec![case.nodes.to_string(), who, format!("no figures: {why}")],
        },
    );
    let times =
        |value: fn(&Shown) -> f64| ours.map_or(String::new(), |ours| ratio(value(ours), value(shown)));
    let reached = format!("{} %", cut(shown.reached_percent));
    let (p50, p99) = (number(shown.p50_ms), number(shown.p99_ms));
    match case.part {
        Part::Quiet => vec![nodes, who, p50, p99, number(shown.last_ms), times(|s| s.p99_ms), reached],
        Part::Lost => {
            let how = case.lost.map_or(String::new(), |lost| lost.name().to_owned());
            let load = match case.load {
                Load::PerSecond(count) => format!("{count}/s"),
                Load::InFlight(count) => format!("{count} under way"),
            };
            let (all, pause) = (number(shown.deliveries_per_s), number(shown.longest_pause_ms));
            vec![how, load, who, reached, all, p99, pause, times(|s| s.deliveries_per_s)]
        }
        Part::Load | Part::Ten | Part::Standard | Part::Apart | Part::Flood => vec![
            if case.apart { format!("{nodes} processes") } else { nodes },
            who,
            number(shown.deliveries_per_s),
            times(|s| s.deliveries_per_s),
            number(shown.cpu_us_per_delivery),
            times(|s| s.cpu_us_per_delivery),
            shown.receptions_per_delivery.map_or("not told".to_owned(), |r| format!("{r:.2}")),
            number(shown.wire_bytes_per_payload_byte),
            p50,
            p99,
            reached,
        ],
    }
}

/// A row for each span of a flood.
fn spans(run: &Run) -> Vec<Vec<String>> {
    let how = run.case.flood.map_or(String::new(), |flood| flood.name().to_owned());
    let shown = run.shown.as_ref().map(|shown| shown.flood.as_ref());
    let spans = match shown {
        Ok(Some(flooded)) => &flooded.spans,
        Ok(None) => return vec![vec![how, "no figures: nobody flooded".to_owned()]],
        Err(why) => return vec![vec![how, format!("no figures: {why}")]],
    };
    let quiet = spans.first().map_or(f64::NAN, |span| span.p99_ms);
    let row = |span: &Span| {
        let per_s = |count: u64| number(count as f64 / span.seconds);
        let some = |text: String| if span.wanted > 0 { text } else { String::new() };
        let share = 100.0 * span.sent as f64 / span.wanted as f64;
        let megabytes = [span.resident_first_mb, span.resident_max_mb, span.resident_last_mb].map(number);
        vec![
            how.clone(),
            span.name.clone(),
            number(span.p50_ms),
            number(span.p99_ms),
            ratio(span.p99_ms, quiet),
            format!("{} %", cut(span.reached_percent)),
            some(per_s(span.sent)),
            some(format!("{share:.0} %")),
            some(per_s(span.taken)),
            some(span.ended.to_string()),
            format!("{:.2}, {:.2}", span.cores, span.cores_others),
            megabytes.join(", "),
        ]
    };
    spans.iter().map(row).collect()
}

fn ratio(ours: f64, theirs: f64) -> String {
    if theirs > 0.0 { format!("× {}", number(ours / theirs)) } else { String::new() }
}

/// Three places that count; thousands with commas.
fn number(value: f64) -> String {
    if value.is_nan() {
        return "none".to_owned();
    }
    let digits = match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    };
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && i < whole && (whole - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Never rounded up: 99.996 % is not 100 %.
fn cut(percent: f64) -> String {
    let cut = (percent * 100.0).floor() / 100.0;
    if cut >= 100.0 { format!("{cut:.0}") } else { format!("{cut:.2}") }
}

/// Columns as wide as they need to be; words to the left, numbers to the right.
fn markdown(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |i: usize| {
        let cells = rows.iter().filter(|row| row.len() == header.len()).filter_map(|row| row.get(i));
        cells.map(|cell| cell.chars().count()).chain([header[i].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let padded = |cells: &[String]| {
        let cell = |(i, text): (usize, &String)| {
            let width = widths.get(i).copied().unwrap_or(0);
            if text.starts_with(char::is_alphabetic) {
                format!("{text:<width$}")
            } else {
                format!("{text:>width$}")
            }
        };
        line(cells.iter().enumerate().map(cell).collect())
    };
    let names: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    let rule = line(widths.iter().map(|width| "-".repeat(*width)).collect());
    [padded(&names), rule]
        .into_iter()
        .chain(rows.iter().map(|row| padded(row)))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::bench::overlay::{case::Flooded, goals, plan};

    fn shown(deliveries_per_s: f64) -> Shown {
        Shown {
            deliveries_per_s,
            cpu_us_per_delivery: 20.0,
            receptions_per_delivery: Some(1.02),
            wire_bytes_per_payload_byte: 1.2,
            reached_percent: 99.999,
            p50_ms: 1.5,
            p99_ms: 4.0,
            last_ms: 7.0,
            longest_pause_ms: 30.0,
            messages: 10_000,
            twice: 0,
            wrong: 0,
            refused: 0,
            resident_mb: 100,
            flood: None,
        }
    }

    #[test]
    fn who_is_twice_as_fast_reads_so() {
        let cases = plan::cases(&[Part::Load], &[8], Some(1));
        let speed = |who| if who == Who::Openred { 61_000.0 } else { 30_500.0 };
        let runs: Vec<Run> =
            cases.into_iter().map(|case| Run { shown: Ok(shown(speed(case.who))), case }).collect();
        let text = text(&runs);
        assert!(text.contains("61,000") && text.contains("× 2.00"), "{text}");
        assert!(text.contains("99.99 %"), "never rounded up: {text}");
        assert_eq!(words(&runs[0]), "61,000/s, 20.0 µs each, p99 4.00 ms, 99.99 % reached");
        let goals = goals::table(&runs).as_text();
        assert!(goals.contains("✓ 8 nodes under load: deliveries"), "{goals}");
        assert!(goals.contains("✗ 8 nodes under load: reached"), "{goals}");
    }

    #[test]
    fn nodes_in_processes_of_their_own_are_held_against_those_in_one() {
        let cases = plan::cases(&[Part::Apart], &[], Some(1));
        let run = |case: Case| {
            let cpu_us_per_delivery = if case.apart { 30.0 } else { 20.0 };
            Run { shown: Ok(Shown { cpu_us_per_delivery, ..shown(14_000.0) }), case }
        };
        let runs: Vec<Run> = cases.into_iter().map(run).collect();
        assert!(text(&runs).contains("8 processes"), "{}", text(&runs));
        let goals = goals::table(&runs).as_text();
        assert!(goals.contains("✗ 8 processes") && goals.contains("1.50"), "{goals}");
    }

    #[test]
    fn what_never_arrived_has_no_time_and_meets_no_goal() {
        let said = r#"{"deliveries_per_s":0.0,"cpu_us_per_delivery":null,"receptions_per_delivery":null,
            "wire_bytes_per_payload_byte":null,"reached_percent":0.0,"p50_ms":null,"p99_ms":null,"last_ms":null,
            "longest_pause_ms":0.0,"messages":64,"twice":0,"wrong":0,"refused":0,"resident_mb":90}"#;
        let shown: Shown = serde_json::from_str(said).unwrap();
        let case = plan::short()[0];
        let runs = [Run { case, shown: Ok(shown) }];
        assert!(text(&runs).contains("none"), "{}", text(&runs));
        assert!(!goals::table(&runs).as_text().contains('✓'));
    }

    #[test]
    fn a_case_without_figures_has_a_row_all_the_same() {
        let cases = plan::cases(&[Part::Quiet], &[], Some(1));
        let runs: Vec<Run> =
            cases.into_iter().map(|case| Run { shown: Err("it hung".to_owned()), case }).collect();
        assert_eq!(text(&runs).matches("no figures: it hung").count(), 3);
        assert_eq!(goals::table(&runs).as_text(), "");
    }

    #[test]
    fn a_flood_is_told_span_by_span_against_the_quiet_before() {
        let span = |name: &str, wanted, p99_ms, megabytes| Span {
            name: name.to_owned(),
            seconds: 10.0,
            p50_ms: 4.0,
            p99_ms,
            last_ms: 30.0,
            reached_percent: 100.0,
            wanted,
            sent: wanted / 2,
            sent_bytes: 1,
            taken: wanted / 100,
            ended: 0,
            cores: 0.5,
            cores_others: 0.1,
            resident_first_mb: 20.0,
            resident_max_mb: megabytes,
            resident_last_mb: megabytes,
            facts: BTreeMap::new(),
        };
        let spans = vec![
            span("nobody floods", 0, 10.0, 20.0),
            span("once its quota", 30_000, 12.0, 25.0),
            span("a hundred times", 3_000_000, 25.0, 28.0),
            span("afterwards", 0, 10.0, 28.0),
        ];
        let shown = Shown { flood: Some(Flooded { spans }), ..shown(350.0) };
        let case = plan::cases(&[Part::Flood], &[], None)[0];
        assert!(case.arguments().join(" ").contains("--apart --flood signed --standard-limits"));
        let runs = [Run { case, shown: Ok(shown) }];
        let text = text(&runs);
        assert!(text.contains("× 2.50") && text.contains("150,000") && text.contains("50 %"), "{text}");
        let goals = goals::table(&runs).as_text();
        assert!(goals.contains("✗ signed flood: p99 of the others"), "{goals}");
        assert!(goals.contains("✓ signed flood: beyond that, while it was flooded, by at most"), "{goals}");
    }
}
