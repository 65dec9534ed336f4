use std::time::Duration;

use kith_proto::paths::{Course, Failure, Transport, Verdict, Working};

use super::*;
use crate::share::Row;

fn table(rates: &[Option<u64>]) -> Table {
    let row = |attempt| Row {
        candidate: None,
        conn: None,
        attempt,
    };
    let works = |rate: &Option<u64>| {
        Attempt::Works(Working {
            transport: Transport::Quic,
            course: Course::Direct,
            round_trip: Duration::from_millis(1),
            rate: *rate,
        })
    };
    let attempts: Vec<Attempt> = rates
        .iter()
        .map(works)
        .chain([Attempt::Fails(Transport::Tcp, Failure::Refused)])
        .collect();
    Table {
        verdict: Verdict::of(&attempts),
        rows: attempts.into_iter().map(row).collect(),
        best: None,
    }
}

/// ENV-2: what is told as bandwidth was measured; a slow way later takes
/// nothing back.
#[test]
fn the_fastest_way_tells_what_comes_in() {
    let mut standings = Standings::default();
    standings.rated(&table(&[None]));
    assert_eq!(standings.bandwidth_kbps(), None);
    standings.rated(&table(&[Some(125_000), Some(2_500_000), None]));
    assert_eq!(standings.bandwidth_kbps(), Some(20_000));
    standings.rated(&table(&[Some(125_000)]));
    assert_eq!(standings.bandwidth_kbps(), Some(20_000));
}
