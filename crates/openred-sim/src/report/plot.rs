//! Curves over virtual time as SVG: coverage, redundancy, trust. Must not know: scenarios.

use std::fmt::Write as _;

use crate::sample::Sample;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 150.0;
const MARGIN: f64 = 56.0;

struct Curve {
    name: &'static str,
    colour: &'static str,
    of: fn(&Sample) -> f64,
}

/// Three panels below each other.
#[must_use]
pub fn svg(title: &str, samples: &[Sample]) -> String {
    let panels: [(&str, f64, &[Curve]); 3] = [
        ("coverage", 1.0, &[Curve { name: "coverage", colour: "#1b7837", of: |sample| sample.coverage }]),
        (
            "copies per delivery",
            0.0,
            &[Curve { name: "copies", colour: "#2166ac", of: |sample| sample.copies }],
        ),
        (
            "effective trust in linked peers",
            1.0,
            &[
                Curve { name: "honest", colour: "#1b7837", of: |sample| sample.trust_honest },
                Curve { name: "evil", colour: "#b2182b", of: |sample| sample.trust_evil },
            ],
        ),
    ];
    let whole = (HEIGHT + MARGIN) * 3.0 + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {whole}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{MARGIN}\" y=\"24\" font-size=\"15\">{title}</text>\n",
        WIDTH + 2.0 * MARGIN,
    );
    for (n, (name, at_least, curves)) in (0_u8..).zip(panels) {
        panel(&mut svg, MARGIN + (HEIGHT + MARGIN) * f64::from(n), name, at_least, curves, samples);
    }
    svg.push_str("</svg>\n");
    svg
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of some hours")]
fn panel(svg: &mut String, top: f64, name: &str, at_least: f64, curves: &[Curve], samples: &[Sample]) {
    let end_ms = samples.last().map_or(1, |sample| sample.at_ms.max(1)) as f64;
    let highest =
        curves.iter().flat_map(|curve| samples.iter().map(curve.of)).fold(at_least, f64::max).max(1e-9);
    let place =
        |at_ms: f64, value: f64| (MARGIN + at_ms / end_ms * WIDTH, top + HEIGHT - value / highest * HEIGHT);
    let _ = writeln!(
        svg,
        "<rect x=\"{MARGIN}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#999\"/>\n\
         <text x=\"{MARGIN}\" y=\"{:.0}\">{name}</text>\n\
         <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{highest:.2}</text>\n\
         <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">0</text>\n\
         <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{:.0} s</text>",
        top - 6.0,
        MARGIN - 6.0,
        top + 10.0,
        MARGIN - 6.0,
        top + HEIGHT,
        MARGIN + WIDTH,
        top + HEIGHT + 16.0,
        end_ms / 1000.0,
    );
    for (n, curve) in (0_u8..).zip(curves) {
        let mut points = String::new();
        for sample in samples {
            let (x, y) = place(sample.at_ms as f64, (curve.of)(sample));
            let _ = write!(points, "{x:.1},{y:.1} ");
        }
        let _ = writeln!(
            svg,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>\n\
             <text x=\"{:.0}\" y=\"{:.0}\" fill=\"{}\">{}</text>",
            curve.colour,
            MARGIN + 8.0 + 90.0 * f64::from(n),
            top + HEIGHT - 8.0,
            curve.colour,
            curve.name,
        );
    }
}
