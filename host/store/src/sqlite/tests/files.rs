//! Files: whose they are, who has them, and what happens when the disk gives out.

use super::*;
use crate::StoreError;
use rusqlite::Connection;
use std::fs;

/// As many alerts as take some hundred kilobytes.
fn many(first: u64) -> Vec<Write> {
    (first..first + 1_000).map(|fingerprint| Write::Alert(alert(fingerprint, &[id("web", 1)]).into())).collect()
}

#[test]
fn a_second_process_is_refused_until_the_first_is_gone() {
    let place = Place::new();
    let store = place.open();
    // A lock belongs to an open file, so another open of this process is refused as another process's would be.
    let refusal = place.refusal();
    assert!(matches!(refusal, StoreError::Taken { .. }), "{refusal}");
    let message = refusal.to_string();
    assert!(message.contains("bellwire.db is in use by another bellwire"), "{message}");
    drop(store);
    place.open();
}

#[test]
fn a_newer_schema_is_refused_and_left_as_it_is() {
    let place = Place::new();
    drop(place.open());
    Connection::open(place.path()).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let before = fs::read(place.path()).unwrap();
    let refusal = place.refusal();
    assert!(matches!(refusal, StoreError::Newer { found: 99, .. }), "{refusal}");
    assert_eq!(fs::read(place.path()).unwrap(), before);
}

#[test]
fn a_strangers_file_is_refused_and_left_as_it_is() {
    let place = Place::new();
    Connection::open(place.path()).unwrap().execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    let database = fs::read(place.path()).unwrap();
    assert!(matches!(place.refusal(), StoreError::Foreign { .. }));
    assert_eq!(fs::read(place.path()).unwrap(), database);

    fs::write(place.path(), "not a database at all, but some notes of mine\n".repeat(100)).unwrap();
    let refusal = place.refusal();
    assert!(matches!(refusal, StoreError::Foreign { .. }), "{refusal}");
    assert!(fs::read_to_string(place.path()).unwrap().starts_with("not a database"));
}

#[test]
fn a_damaged_file_is_said_to_be_damaged() {
    let place = Place::new();
    let mut store = place.open();
    commit(&mut store, many(0), vec![]);
    drop(store);
    let mut bytes = fs::read(place.path()).unwrap();
    let half = bytes.len() / 2;
    // The header stays; the tables' pages are garbage.
    bytes[8_192 * 14..half].fill(0xA5);
    fs::write(place.path(), bytes).unwrap();
    let error = place.open().load().err().unwrap();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

#[test]
fn a_row_that_does_not_parse_is_damage_too() {
    let place = Place::new();
    commit(&mut place.open(), vec![Write::Incident(Box::new(incident(id("web", 1))))], vec![]);
    let stranger = Connection::open(place.path()).unwrap();
    stranger.execute_batch("UPDATE incidents SET body = '{}'").unwrap();
    let error = place.open().load().err().unwrap();
    assert!(matches!(&error, StoreError::Corrupt { detail, .. } if detail.contains("missing field")), "{error}");
}

#[test]
fn a_missing_directory_is_named() {
    let place = Place::new();
    let path = place.directory.path().join("missing").join("bellwire.db");
    let message = SqliteStore::open(&path).err().unwrap().to_string();
    assert!(message.contains("missing does not exist; create it"), "{message}");
}

#[test]
fn a_path_that_cannot_be_written_is_named() {
    let place = Place::new();
    // Permissions do not bind root, but nobody opens a directory for writing.
    fs::create_dir(place.path()).unwrap();
    let refusal = place.refusal();
    assert!(matches!(refusal, StoreError::NotWritable { .. }), "{refusal}");
    assert!(refusal.to_string().contains("bellwire.db"), "{refusal}");
}

#[test]
fn a_full_disk_loses_nothing_and_the_next_commit_works_when_there_is_space() {
    let place = Place::new();
    let mut store = place.open();
    commit(&mut store, many(0), vec![entry(1, None, Fact::Closed)]);
    let pages: i64 = store.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    store.connection.query_row(&format!("PRAGMA max_page_count = {}", pages + 4), [], |_| Ok(())).unwrap();

    let turn = Effects {
        writes: [many(1_000), vec![Write::ForgetAlert(Fingerprint(0))]].concat(),
        journal: vec![entry(2, None, Fact::Closed)],
        ..Effects::default()
    };
    for _ in 0..2 {
        let error = store.commit(&[&turn]).err().unwrap();
        assert!(matches!(error, StoreError::Full { .. }), "{error}");
        assert_eq!(store.reader().journal(0, 10).unwrap().len(), 1);
    }
    assert_eq!(store.load().unwrap().alerts.len(), 1_000);

    assert!(matches!(store.commit(&[&turn]), Err(StoreError::Full { .. })));
    store.connection.query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(())).unwrap();
    assert_eq!(store.commit(&[&turn]).unwrap(), 2);
    let alerts = store.load().unwrap().alerts;
    assert_eq!(alerts.iter().map(|alert| alert.fingerprint.0).collect::<Vec<_>>(), (1..2_000).collect::<Vec<_>>());
}

#[test]
fn a_reader_reads_on_while_the_writer_is_in_a_transaction() {
    let place = Place::new();
    let mut store = place.open();
    commit(&mut store, many(0), vec![entry(1, None, Fact::Closed)]);
    let reader = store.reader();
    store.connection.execute_batch("BEGIN IMMEDIATE; DELETE FROM alerts").unwrap();
    assert_eq!(std::thread::scope(|scope| scope.spawn(|| reader.journal(0, 10).unwrap().len()).join().unwrap()), 1);
    assert_eq!(reader.alerts(&id("web", 1), u32::MAX).unwrap().len(), 1_000);
    store.connection.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn a_clean_close_leaves_one_file_and_a_crash_a_log_that_is_read() {
    let place = Place::new();
    let mut store = place.open();
    commit(&mut store, many(0), vec![]);
    let log = place.directory.path().join("bellwire.db-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0);
    // What a crash would leave: both files as they are now.
    let crashed = Place::new();
    fs::copy(place.path(), crashed.path()).unwrap();
    fs::copy(&log, crashed.directory.path().join("bellwire.db-wal")).unwrap();
    assert_eq!(crashed.open().load().unwrap().alerts.len(), 1_000);

    assert_eq!(store.reader().journal(0, 1).unwrap(), []);
    drop(store);
    assert!(!log.exists());
    assert_eq!(place.open().load().unwrap().alerts.len(), 1_000);
}
