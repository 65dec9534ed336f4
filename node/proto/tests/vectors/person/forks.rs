use kith_proto::person::Reason;

use super::{Book, day, device, listing, person_key, recovery, sheet_key, start, step, with};

pub(super) fn sheets(b: &mut Book) {
    let k0 = person_key(0);
    let e = start().draft(day(1)).unwrap();
    let e = e.replace_recovery(Some(sheet_key(5).public())).unwrap();
    let log = with(&start(), &b.add("sheet replaced", e.sign(&[&k0]).unwrap()));
    b.add("old sheet, day 30", recovery(&log, 30, 0, 1));
    b.add("old sheet, day 31", recovery(&log, 31, 0, 1));
    b.add("new sheet, day 31", recovery(&log, 31, 5, 1));
    b.add(
        "old sheet dropped, day 30",
        step(&log, 30, &[&k0], |e| e.outgoing = None),
    );
    b.add(
        "old sheet dropped, day 31",
        step(&log, 31, &[&k0], |e| e.outgoing = None),
    );
    for last in [
        "old sheet, day 30",
        "old sheet, day 31",
        "new sheet, day 31",
        "old sheet dropped, day 30",
        "old sheet dropped, day 31",
    ] {
        b.scenario(last, 31, &["genesis", "sheet replaced", last]);
    }
}

/// Whoever found the old sheet dates a recovery back to when it counted.
pub(super) fn dated_back(b: &mut Book) {
    let k0 = person_key(0);
    let replaced = with(&start(), &b.entries["sheet replaced"].clone());
    b.add("finder", recovery(&replaced, 1, 0, 1));
    let outgoing = replaced.state().outgoing;
    let keeps = |n, more| {
        step(&replaced, n, &[&k0], |e| {
            e.outgoing = outgoing;
            e.list(listing(more, e.issued));
        })
    };
    b.add(
        "nothing but time, day 30",
        step(&replaced, 30, &[&k0], |_| {}),
    );
    b.add("old sheet kept, day 31", keeps(31, 3));
    b.add("old sheet kept, day 32", keeps(32, 4));
    b.add("new sheet, day 30", recovery(&replaced, 30, 5, 2));
    let mut on = |name: &str, after: &[&'static str]| {
        let order = [&["genesis", "sheet replaced"], after].concat();
        b.scenario(&format!("dated back, {name}"), 180, &order);
    };
    on("nothing dropped the old sheet", &["finder"]);
    on("it was dropped", &["old sheet dropped, day 31", "finder"]);
    on(
        "a later entry kept it",
        &["old sheet kept, day 31", "finder"],
    );
    on(
        "an entry from while it counted",
        &["nothing but time, day 30", "finder"],
    );
    on("a later recovery", &["new sheet, day 31", "finder"]);
    on(
        "a recovery from while it counted",
        &["new sheet, day 30", "finder"],
    );
    let fork = ["old sheet kept, day 31", "old sheet kept, day 32"];
    on("a fork of later entries", &[fork[0], fork[1], "finder"]);
    on(
        "the sheet in force isn't bound by it",
        &["old sheet dropped, day 31", "new sheet, day 30"],
    );
}

pub(super) fn forks(b: &mut Book) {
    let k0 = person_key(0);
    let base = start();
    let left = b.add(
        "left",
        step(&base, 1, &[&k0], |e| e.list(listing(3, e.issued))),
    );
    let right = b.add(
        "right",
        step(&base, 1, &[&k0], |e| e.list(listing(4, e.issued))),
    );
    let (on_left, on_right) = (with(&base, &left), with(&base, &right));
    b.add("left 2", step(&on_left, 2, &[&k0], |_| {}));
    b.add("heal left", recovery(&on_left, 3, 0, 1));
    b.add("heal right", recovery(&on_right, 3, 0, 1));
    b.add("owner", recovery(&base, 1, 0, 1));
    b.scenario(
        "a fork",
        2,
        &["genesis", "left", "right", "left 2", "right"],
    );
    b.scenario(
        "a fork seen from the next entry",
        2,
        &["genesis", "right", "left 2"],
    );
    b.scenario(
        "healed on our branch",
        3,
        &["genesis", "left", "right", "heal left"],
    );
    b.scenario(
        "healed on the other",
        3,
        &["genesis", "left", "right", "heal right"],
    );
    b.scenario(
        "a recovery beats the entry beside it",
        2,
        &["genesis", "left", "owner"],
    );
    b.scenario("and is not beaten by it", 2, &["genesis", "owner", "left"]);
    let e = base.draft(day(1)).unwrap();
    let theft = e.replace_recovery(Some(sheet_key(6).public())).unwrap();
    let theft = b.add("theft", theft.sign(&[&k0]).unwrap());
    let stolen = with(&base, &theft);
    b.add("the thief's sheet", recovery(&stolen, 3, 6, 1));
    b.add("the owner's sheet", recovery(&stolen, 3, 0, 1));
    b.scenario(
        "a thief doesn't heal",
        3,
        &["genesis", "left", "theft", "the thief's sheet"],
    );
    b.scenario(
        "the owner does",
        3,
        &["genesis", "left", "theft", "the owner's sheet"],
    );
    let gone = step(&base, 1, &[&k0], |e| {
        e.revoke(device(1), day(1), Reason::LOST)
    });
    b.add("right revokes 1", gone);
    let keeps = step(&on_left, 3, &[&sheet_key(0), &person_key(1)], |e| {
        e.key = person_key(1).public();
        e.recovery = Some(sheet_key(1).public());
    });
    b.add("heal that keeps 1", keeps);
    b.scenario(
        "a heal undoes no revocation",
        3,
        &["genesis", "left", "right revokes 1", "heal that keeps 1"],
    );
}
