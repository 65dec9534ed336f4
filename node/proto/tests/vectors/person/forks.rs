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
