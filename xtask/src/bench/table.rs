//! Figures with their goals.

use std::time::Duration;

use serde_json::{Value, json};

/// One measured number and what it should be.
#[derive(Debug)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    goal: Goal,
}

/// Which way is good.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Only told.
    None,
}

/// All figures of a run.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Figure>);

impl Table {
    pub(crate) fn put(&mut self, name: impl Into<String>, value: f64, unit: &'static str, goal: Goal) {
        self.0.push(Figure { name: name.into(), value, unit, goal });
    }

    pub(crate) fn as_json(&self) -> Value {
        let figures = self.0.iter().map(|f| json!({"figure": f.name, "value": f.value, "unit": f.unit, "goal": f.goal.words(), "met": f.met()}));
        json!({"figures": figures.collect::<Vec<_>>()})
    }

    pub(crate) fn as_text(&self) -> String {
        let rows = self.0.iter().map(|f| {
            let mark = match f.met() {
                Some(true) => "✓",
                Some(false) => "✗",
                None => " ",
            };
            format!("{mark} {:<52}{:>14.2} {:<10}{}", f.name, f.value, f.unit, f.goal.words())
        });
        rows.collect::<Vec<_>>().join("\n")
    }
}

impl Figure {
    fn met(&self) -> Option<bool> {
        match self.goal {
            Goal::AtMost(most) => Some(self.value <= most),
            Goal::AtLeast(least) => Some(self.value >= least),
            Goal::None => None,
        }
    }
}

impl Goal {
    fn words(self) -> String {
        match self {
            Self::AtMost(most) => format!("≤ {most}"),
            Self::AtLeast(least) => format!("≥ {least}"),
            Self::None => String::new(),
        }
    }
}

/// The value below which this share of the times lies, in milliseconds; sorts them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index into a list that fits into memory"
)]
pub(crate) fn quantile_ms(times: &mut [Duration], share: f64) -> f64 {
    times.sort();
    let index = (share * times.len().saturating_sub(1) as f64).round() as usize;
    times.get(index).map_or(0.0, |t| t.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_hundred_times() {
        let mut times: Vec<Duration> = (1..=101).rev().map(Duration::from_millis).collect();
        assert!((quantile_ms(&mut times, 0.5) - 51.0).abs() < 1e-9);
        assert!((quantile_ms(&mut times, 0.99) - 100.0).abs() < 1e-9);
        assert!(quantile_ms(&mut [], 0.5).abs() < 1e-9, "no times, no fault");
    }

    #[test]
    fn a_goal_is_met_on_its_side_only() {
        let mut table = Table::default();
        table.put("start", 250.0, "ms", Goal::AtMost(300.0));
        table.put("posts", 250.0, "1/s", Goal::AtLeast(2000.0));
        let json = table.as_json();
        assert_eq!((&json["figures"][0]["met"], &json["figures"][1]["met"]), (&json!(true), &json!(false)));
    }
}
