//! A small plot as SVG: how much was missing over time, a line a run, with
//! the phases of reachability behind it.

use core::fmt::Write as _;

use crate::check::Outcome;
use crate::scenario::{Reach, Scenario};

const W: f64 = 900.0;
const H: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 60.0;
const BOTTOM: f64 = 50.0;
/// Colours that people with colour-blindness tell apart (Okabe and Ito).
const COLOURS: [&str; 7] = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
];

/// Draws the runs of a scenario.
#[must_use]
pub fn svg(scenario: &Scenario, runs: &[Outcome]) -> String {
    let samples = || runs.iter().flat_map(|r| r.samples.iter());
    let end = samples().map(|s| s.0).fold(1.0, f64::max);
    let most = samples().map(|s| s.1).max().unwrap_or(0).max(1) as f64;
    let x = |s: f64| LEFT + (W - LEFT - RIGHT) * s / end;
    let y = |n: f64| H - BOTTOM - (H - TOP - BOTTOM) * n / most;
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {W} {H}\" \
         font-family=\"sans-serif\" font-size=\"13\">\
         <rect width=\"{W}\" height=\"{H}\" fill=\"white\"/>\
         <text x=\"{LEFT}\" y=\"24\" font-size=\"17\">{}</text>\
         <text x=\"{LEFT}\" y=\"44\" fill=\"#555\">{}</text>",
        escape(&scenario.name),
        escape(&scenario.about)
    );
    for (i, phase) in scenario.phases.iter().enumerate() {
        let from = phase.from_s as f64;
        let next = scenario.phases.get(i + 1);
        let to = next.map_or(end, |p| (p.from_s as f64).min(end));
        let (shade, name) = match phase.reach {
            Reach::All => ("#ffffff", "all"),
            Reach::Halves => ("#f3e3d8", "two islands"),
            Reach::Bridge => ("#e8efe0", "one bridge"),
            Reach::Chain => ("#e6ecf3", "chain"),
            Reach::Sparse => ("#f6f6f6", "four neighbours each"),
            Reach::Nobody => ("#e0e0e0", "nobody"),
        };
        if from < end {
            let _ = write!(
                out,
                "<rect x=\"{:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{shade}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" fill=\"#777\" font-size=\"11\">{name}</text>",
                x(from),
                (x(to) - x(from)).max(0.0),
                H - TOP - BOTTOM,
                x(from) + 4.0,
                TOP + 13.0
            );
        }
    }
    for i in 0..=4 {
        let n = most * f64::from(i) / 4.0;
        let s = end * f64::from(i) / 4.0;
        let _ = write!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{:.1}\" y2=\"{:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{n:.0}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{s:.0} s</text>",
            W - RIGHT,
            y(n),
            y(n),
            LEFT - 8.0,
            y(n) + 4.0,
            x(s),
            H - BOTTOM + 20.0
        );
    }
    let talk = x(scenario.talk.for_s as f64);
    let _ = write!(
        out,
        "<line x1=\"{talk:.1}\" x2=\"{talk:.1}\" y1=\"{TOP}\" y2=\"{:.1}\" stroke=\"#999\" \
         stroke-dasharray=\"4 4\"/>\
         <text x=\"{LEFT}\" y=\"{:.1}\" fill=\"#555\">entries that somebody lacks (entry × person); \
         dashed: the talk ends</text>",
        H - BOTTOM,
        H - 8.0
    );
    for (run, colour) in runs.iter().zip(COLOURS.iter().cycle()) {
        let points: Vec<String> = run
            .samples
            .iter()
            .map(|(s, n)| format!("{:.1},{:.1}", x(*s), y(*n as f64)))
            .collect();
        let _ = write!(
            out,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\" points=\"{}\"/>",
            points.join(" ")
        );
    }
    out.push_str("</svg>\n");
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
