use super::*;
use crate::time::Timestamp;

fn map(entries: &[(i64, i64)]) -> Value {
    entries
        .iter()
        .fold(MapBuilder::new(), |m, (k, v)| m.put(*k, v))
        .build()
}

#[test]
fn keys_are_sorted_by_their_encoding() {
    let bytes = value_bytes(&map(&[
        (-2, 1),
        (300, 1),
        (24, 1),
        (-1, 1),
        (0, 1),
        (23, 1),
    ]));
    assert_eq!(canon::scan(&bytes, 1000), Ok(()));
    assert_eq!(
        bytes,
        crate::testing::hex_vec("a60001170118180119012c0120012101")
    );
}

#[test]
fn unknown_keys_are_ignored_from_zero_up_and_refused_below() {
    let mut r = MapReader::new(map(&[(0, 1), (7, 1)])).unwrap();
    assert_eq!(r.req::<u64>(0), Ok(1));
    assert_eq!(r.finish(), Ok(Extra::Ignored));

    let mut r = MapReader::new(map(&[(0, 1), (-3, 1)])).unwrap();
    assert_eq!(r.req::<u64>(0), Ok(1));
    assert_eq!(r.finish(), Err(DecodeError::Critical(-3)));

    let mut r = MapReader::new(map(&[(0, 1)])).unwrap();
    assert_eq!(r.req::<u64>(0), Ok(1));
    assert_eq!(r.finish(), Ok(Extra::None));
}

#[test]
fn a_wrong_field_is_named_with_what_is_wrong_in_it() {
    let field = |key, source| DecodeError::Field {
        key,
        source: Box::new(source),
    };
    let read = |m: Value| MapReader::new(m).unwrap();
    assert_eq!(read(map(&[])).req::<u64>(4), Err(DecodeError::Missing(4)));
    assert_eq!(
        read(map(&[(4, -1)])).req::<u64>(4),
        Err(field(4, DecodeError::OutOfRange))
    );
    assert_eq!(
        read(map(&[(4, 1)])).req::<String>(4),
        Err(field(4, DecodeError::Type("text")))
    );
    assert_eq!(
        read(map(&[(0, 2)])).version(0, 1),
        Err(DecodeError::Version(2))
    );
    assert_eq!(
        MapReader::new(Value::Null).err(),
        Some(DecodeError::Type("a map"))
    );
}

#[test]
fn lists_have_one_form_when_empty_and_a_longest_length() {
    let with = |n: usize| MapBuilder::new().put_list(1, &vec![5u64; n]).build();
    assert_eq!(value_bytes(&with(0)), [0xa0]);
    assert_eq!(
        MapReader::new(with(0)).unwrap().list::<u64>(1, 3),
        Ok(vec![])
    );
    assert_eq!(
        MapReader::new(with(3)).unwrap().list::<u64>(1, 3),
        Ok(vec![5; 3])
    );
    assert!(MapReader::new(with(4)).unwrap().list::<u64>(1, 3).is_err());
    let written_out = MapBuilder::new().put(1, &Vec::<u64>::new()).build();
    assert!(
        MapReader::new(written_out)
            .unwrap()
            .list::<u64>(1, 3)
            .is_err()
    );
}

#[test]
fn times_beyond_the_last_are_refused() {
    let last = Timestamp::MAX;
    assert_eq!(Timestamp::decode(last.encode()), Ok(last));
    assert_eq!(
        Timestamp::decode(Value::from(last.as_millis() + 1)),
        Err(DecodeError::OutOfRange)
    );
    assert_eq!(last.after(core::time::Duration::MAX), last);
}
