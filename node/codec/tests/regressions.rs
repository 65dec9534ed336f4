//! What fuzzing found once, replayed.
#![allow(clippy::unwrap_used)] // a failed helper is a failed test

mod common;
mod ops;

#[test]
fn what_fuzzing_found_stays_mended() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/regressions/share");
    let mut found = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        eprintln!("{}", file.display());
        ops::operate(&std::fs::read(&file).unwrap());
        found += 1;
    }
    assert!(found > 1, "nothing was replayed");
}
