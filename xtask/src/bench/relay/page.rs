//! What was shown, as a table in Markdown that reads well in a terminal too. Knows no goal.

use super::case::{Run, Shown};

const HEADER: [&str; 11] = [
    "system",
    "KiB",
    "load",
    "messages/s",
    "ours",
    "of bare disk",
    "p50 ms",
    "p99 ms",
    "CPU µs: server",
    "load",
    "durability",
];

/// A row per case, in the order they were run, and what is told besides.
pub(crate) fn text(runs: &[Run]) -> String {
    let rows: Vec<Vec<String>> = runs.iter().map(|run| row(run, runs)).collect();
    let held = runs.iter().filter_map(|run| run.shown.as_ref().ok()?.held.clone());
    let mut pages = vec![markdown(&rows)];
    pages.extend(held);
    pages.join("\n\n")
}

/// A case in a few words, for who waits.
pub(crate) fn words(run: &Run) -> String {
    match &run.shown {
        Err(why) => format!("no figures: {why}"),
        Ok(Shown { skipped: Some(why), .. }) => format!("skipped: {why}"),
        Ok(shown) => {
            let (all, server) = (number(shown.per_s), number(shown.server_cpu_us_each));
            format!("{all}/s, {server} µs each, p99 {} ms", maybe(shown.p99_ms))
        }
    }
}

/// Three digits that count, with commas.
pub(crate) fn number(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.2}");
    }
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn maybe(value: Option<f64>) -> String {
    value.map_or_else(|| "none".to_owned(), number)
}

fn row(run: &Run, all: &[Run]) -> Vec<String> {
    let case = &run.case;
    let mut row = vec![case.who.to_owned(), (case.size / 1_024).to_string(), case.load()];
    let shown = match &run.shown {
        Ok(Shown { skipped: Some(why), .. }) => {
            row.push(format!("skipped: {why}"));
            return row;
        }
        Ok(shown) => shown,
        Err(why) => {
            row.push(format!("no figures: {why}"));
            return row;
        }
    };
    let like = |name: &str| {
        let found = all.iter().find(|other| other.case.row == name && case.is_like(&other.case));
        found.and_then(|other| other.shown.as_ref().ok()).map(|other| other.per_s)
    };
    let is_ours = case.row.starts_with("openred");
    let ours = like(if case.row.starts_with("axum") { "openred-post" } else { "openred-stream" });
    let ours = ours.filter(|_| !is_ours && case.rate.is_none());
    row.push(number(shown.per_s));
    row.push(ours.map_or_else(String::new, |ours| format!("× {}", number(ours / shown.per_s))));
    let disk = like("disk").filter(|_| case.row != "disk");
    row.push(disk.map_or_else(String::new, |disk| format!("{:.0} %", 100.0 * shown.per_s / disk)));
    let (p50, p99) = if case.deliver {
        (shown.delivery_p50_ms, shown.delivery_p99_ms)
    } else {
        (shown.p50_ms, shown.p99_ms)
    };
    row.extend([maybe(p50), maybe(p99), number(shown.server_cpu_us_each), number(shown.load_cpu_us_each)]);
    row.push(shown.durability.clone());
    row
}

fn markdown(rows: &[Vec<String>]) -> String {
    let cell = |row: &Vec<String>, i: usize| row.get(i).cloned().unwrap_or_default();
    let wide = |i: usize| {
        let rows =
            rows.iter().filter(|row| row.len() == HEADER.len()).map(|row| cell(row, i).chars().count());
        rows.chain([HEADER[i].chars().count()]).max().unwrap_or(0)
    };
    let line = |row: &Vec<String>| {
        let cells = (0..HEADER.len()).map(|i| format!(" {:<1$} ", cell(row, i), wide(i)));
        format!("|{}|", cells.collect::<Vec<_>>().join("|"))
    };
    let dashes: Vec<String> = (0..HEADER.len()).map(|i| "-".repeat(wide(i))).collect();
    let header: Vec<String> = HEADER.iter().map(|&word| word.to_owned()).collect();
    let lines = [line(&header), line(&dashes)].into_iter().chain(rows.iter().map(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::case::{Case, Group};
    use super::super::{goals, plan};
    use super::*;

    fn shown(case: &Case) -> Result<Shown, String> {
        let per_s = if case.row == "redis-everysec" { 50_000.0 } else { 100_000.0 };
        let server_cpu_us_each = if case.row == "openred-cluster" { 50.0 } else { 45.0 };
        let (p99_ms, delivery_p99_ms) = (Some(12.0), Some(34.5));
        Ok(Shown { per_s, server_cpu_us_each, p99_ms, delivery_p99_ms, ..Shown::default() })
    }

    fn runs(only: &[Group]) -> Vec<Run> {
        plan::cases(only, 4).into_iter().map(|case| Run { shown: shown(&case), case }).collect()
    }

    #[test]
    fn who_is_half_as_fast_reads_so_and_what_is_missing_is_named() {
        let mut runs = runs(&[]);
        let missing = "nats-server is not installed".to_owned();
        runs[18].shown = Ok(Shown { skipped: Some(missing), ..Shown::default() });
        runs[1].shown = Err("it hung".to_owned());
        let text = text(&runs);
        assert!(text.contains("× 2.00") && text.contains("50 %"), "{text}");
        assert!(text.contains("skipped: nats-server is not installed"), "{text}");
        assert!(text.contains("no figures: it hung"), "{text}");
        assert!(text.contains("34.5"), "of what is delivered the time of delivery counts: {text}");
    }

    #[test]
    fn goals_are_met_on_their_side_only() {
        let goals = goals::table(&runs(&[])).as_text();
        assert!(goals.contains("✗ stream: stored") && goals.contains("✓ a call for each: stored"), "{goals}");
        assert!(goals.contains("✓ on PostgreSQL") && goals.contains("90.00"), "{goals}");
        assert_eq!(goals::table(&runs(&[Group::Nats])).as_text(), "", "no figures, no goals");
    }

    #[test]
    fn numbers_have_three_digits_that_count() {
        assert_eq!([9.876, 98.76, 987.6, 9_876.0].map(number), ["9.88", "98.8", "988", "9,876"]);
    }
}
