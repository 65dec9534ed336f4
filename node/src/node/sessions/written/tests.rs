use super::*;

const ANN: PersonId = PersonId::from_bytes([1; 32]);
const BEN: PersonId = PersonId::from_bytes([2; 32]);

#[test]
fn what_is_repeated_is_counted_and_takes_little_room() {
    let mut room = Room::default();
    let now = Instant::now();
    let mut take = |n: u32| -> Vec<Written> {
        let taken = (0..n).map(|_| room.take(BEN, Whose::Theirs, now));
        taken.collect()
    };
    assert!(take(BURST).iter().all(|w| *w == Written::Singly));
    let beyond = take(1000);
    let told = beyond.iter().filter_map(|w| match w {
        Written::Singly => panic!("room without time"),
        Written::LeftOut(count) => *count,
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    );
}

#[test]
fn room_is_each_person_s_own_comes_back_with_time_and_when_people_agree() {
    let mut room = Room::default();
    let now = Instant::now();
    for _ in 0..BURST {
        assert_eq!(room.take(BEN, Whose::Theirs, now), Written::Singly);
    }
    let full = Written::LeftOut(Some(1));
    assert_eq!(room.take(BEN, Whose::Theirs, now), full);
    for other in [(BEN, Whose::Ours), (ANN, Whose::Theirs)] {
        assert_eq!(room.take(other.0, other.1, now), Written::Singly);
    }
    let later = now + EVERY;
    assert_eq!(room.take(BEN, Whose::Theirs, later), Written::Singly);
    let counted = Written::LeftOut(Some(2));
    assert_eq!(room.take(BEN, Whose::Theirs, later), counted);
    room.came_about(BEN);
    assert_eq!(room.take(BEN, Whose::Theirs, later), Written::Singly);
}
