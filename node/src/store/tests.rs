use super::*;
use crate::profile::{Profile, Wrapping};

fn profile() -> (tempfile::TempDir, Profile, DbKey) {
    let dir = tempfile::tempdir().unwrap();
    let profile = Profile::at(dir.path().join("p"));
    let key = profile.create(&Wrapping::None).unwrap();
    (dir, profile, key)
}

async fn put(store: &Store, name: &'static str, value: &'static [u8]) -> Result<(), StoreError> {
    store
        .write(move |tx| {
            tx.execute("INSERT INTO own VALUES (?1, ?2)", (name, value))?;
            Ok(())
        })
        .await
}

async fn get(store: &Store, name: &'static str) -> Result<Vec<u8>, StoreError> {
    store
        .read(move |tx| {
            Ok(
                tx.query_row("SELECT value FROM own WHERE name = ?1", [name], |r| {
                    r.get(0)
                })?,
            )
        })
        .await
}

#[tokio::test]
async fn what_is_written_is_there_after_reopening_and_unreadable_without_the_key() {
    let (_dir, profile, key) = profile();
    let store = Store::create(&profile.database(), &key).unwrap();
    put(&store, "note", b"a diagnosis that nobody else may read")
        .await
        .unwrap();
    drop(store);
    let raw = std::fs::read(profile.database()).unwrap();
    assert!(!raw.is_empty() && !raw.windows(9).any(|w| w == b"diagnosis"));
    assert!(!raw.starts_with(b"SQLite format 3"));

    let (_other_dir, _, other_key) = self::profile();
    assert!(matches!(
        Store::open(&profile.database(), &other_key),
        Err(StoreError::WrongKey)
    ));
    let store = Store::open(&profile.database(), &key).unwrap();
    assert_eq!(
        get(&store, "note").await.unwrap(),
        b"a diagnosis that nobody else may read"
    );
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_failed_write_leaves_nothing() {
    let store = Store::in_memory().unwrap();
    let failed: Result<(), _> = store
        .write(|tx| {
            tx.execute("INSERT INTO own VALUES ('a', x'00')", [])?;
            Err(StoreError::Missing)
        })
        .await;
    assert!(failed.is_err());
    assert!(matches!(get(&store, "a").await, Err(StoreError::Missing)));
}

/// A backup may take minutes: the node writes meanwhile, and the backup is of
/// one moment (ID-5).
#[tokio::test]
async fn what_is_read_aside_is_of_one_moment_and_delays_no_write() {
    const LATEST: std::time::Duration = std::time::Duration::from_secs(60);
    let (_dir, profile, key) = profile();
    let store = Store::create(&profile.database(), &key).unwrap();
    let count = |tx: &Transaction<'_>| -> Result<u32, StoreError> {
        Ok(tx.query_row("SELECT count(*) FROM own", [], |r| r.get(0))?)
    };
    put(&store, "before", b"1").await.unwrap();
    let (begun, begins) = oneshot::channel();
    let (go, goes) = sync_channel(1);
    let other = store.clone();
    let aside = tokio::spawn(async move {
        let long = move |tx: &Transaction<'_>| {
            let first = count(tx)?;
            let _ = begun.send(());
            goes.recv_timeout(LATEST).unwrap();
            Ok((first, count(tx)?))
        };
        other.read_aside(long).await
    });
    begins.await.unwrap();
    let written = tokio::time::timeout(LATEST / 2, put(&store, "meanwhile", b"2"));
    written.await.expect("a write waits").unwrap();
    assert_eq!(store.read(count).await.unwrap(), 2);
    go.send(()).unwrap();
    assert_eq!(aside.await.unwrap().unwrap(), (1, 1));
    assert_eq!(store.read_aside(count).await.unwrap(), 2);

    let writes = store.read_aside(|tx| {
        tx.execute("DELETE FROM own", [])?;
        Ok(())
    });
    assert!(writes.await.is_err(), "it only reads");
    assert_eq!(store.read(count).await.unwrap(), 2);
    let nothing = Store::in_memory().unwrap();
    assert_eq!(nothing.read_aside(count).await.unwrap(), 0);
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let (_dir, profile, key) = profile();
    let store = Store::create(&profile.database(), &key).unwrap();
    store
        .write(|tx| Ok(tx.execute_batch("PRAGMA user_version = 99")?))
        .await
        .unwrap();
    drop(store);
    // The thread closes the file some time after the last handle is dropped;
    // opening waits for nothing, so the answer is the same either way.
    for _ in 0..2 {
        let refused = Store::open(&profile.database(), &key).err();
        assert!(
            matches!(refused, Some(StoreError::Newer { found: 99, .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_full_disk_is_named_and_nothing_is_lost() {
    let store = Store::in_memory().unwrap();
    put(&store, "kept", b"1").await.unwrap();
    // A limit on pages is what a full disk looks like from inside.
    store
        .write(|tx| Ok(tx.query_row("PRAGMA max_page_count = 100", [], |_| Ok(()))?))
        .await
        .unwrap();
    let big = store
        .write(|tx| {
            tx.execute("INSERT INTO own VALUES ('big', zeroblob(4000000))", [])?;
            Ok(())
        })
        .await;
    assert!(matches!(big, Err(StoreError::Full)), "{big:?}");
    assert_eq!(get(&store, "kept").await.unwrap(), b"1");
}

#[tokio::test]
async fn a_damaged_file_is_an_error_and_never_a_panic() {
    let (_dir, profile, key) = profile();
    let store = Store::create(&profile.database(), &key).unwrap();
    put(&store, "note", b"x").await.unwrap();
    store
        .write(|tx| Ok(tx.execute_batch("INSERT INTO own VALUES ('big', zeroblob(100000))")?))
        .await
        .unwrap();
    let (copy, path) = (profile.dir().join("copy.db"), profile.database());
    store
        .read(|tx| Ok(tx.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?))
        .await
        .ok();
    let good = std::fs::read(&path).unwrap();
    for at in (0..good.len()).step_by(4096) {
        let mut bad = good.clone();
        bad[at + 100..at + 108].iter_mut().for_each(|b| *b ^= 0xff);
        std::fs::write(&copy, &bad).unwrap();
        let seen = match Store::open(&copy, &key) {
            Ok(store) => store.check().await,
            Err(e) => Err(e),
        };
        assert!(seen.is_err(), "page at {at}");
    }
}

/// No write waits until those before it are merged into the file, and yet their
/// log doesn't grow for ever.
#[tokio::test]
async fn the_log_of_the_writes_is_merged_between_them() {
    let (_dir, profile, key) = profile();
    let store = Store::create(&profile.database(), &key).unwrap();
    let by_itself =
        store.read(|tx| Ok(tx.query_row("PRAGMA wal_autocheckpoint", [], |r| r.get::<_, i64>(0))?));
    assert_eq!(by_itself.await.unwrap(), 0);
    let before = std::fs::metadata(profile.database()).unwrap().len();
    // More than a hundred pages each time.
    for n in 0..30 {
        let written = store.write(move |tx| {
            tx.execute(
                "INSERT INTO own VALUES (?1, zeroblob(500000))",
                [format!("{n}")],
            )?;
            Ok(())
        });
        written.await.unwrap();
    }
    // The merging after the last write comes before this.
    store.read(|_| Ok(())).await.unwrap();
    let file = std::fs::metadata(profile.database()).unwrap().len();
    let log = profile.database().with_extension("db-wal");
    assert!(file > before + 10_000_000, "{file} bytes");
    assert!(std::fs::metadata(&log).unwrap().len() < 8_000_000);
    store.check().await.unwrap();
}

/// A database that has gone isn't made anew: that would look like a profile
/// without a person, and hide what has happened.
#[tokio::test]
async fn a_database_that_has_gone_is_told_and_not_made_anew() {
    let (_dir, profile, key) = profile();
    let path = profile.database();
    let gone = || matches!(Store::open(&path, &key), Err(StoreError::Gone));
    assert!(gone() && !path.exists());
    std::fs::write(&path, b"").unwrap();
    assert!(gone());
    assert_eq!(std::fs::read(&path).unwrap(), b"");
    // One that was made is never empty, whenever its process ends.
    std::fs::remove_file(&path).unwrap();
    let store = Store::create(&path, &key).unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() > 0);
    drop(store);
    Store::open(&path, &key).unwrap();
}
