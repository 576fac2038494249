//! Every step of the store breaks twice: not done, and done but its answer lost. What was acknowledged is there,
//! once; what is durable but was not acknowledged was never sent.

use std::sync::Arc;

use simpul_core::Code;
use simpul_ledger::contract::{Faulty, How, MemoryStore, Step, conf, record};
use simpul_ledger::{
    Filter, Ledger, LedgerError, LedgerSettings, LedgerStore, NewRecord, Page, RecordId, StoreError, Writer,
};

type Store = Faulty<MemoryStore>;

fn store() -> Arc<Store> {
    Arc::new(Faulty::new(MemoryStore::default()))
}

async fn open(store: &Arc<Store>) -> (Ledger, Writer) {
    Ledger::open(store.clone(), LedgerSettings::default()).await.unwrap()
}

/// Each acknowledged record stands at its place, and no record stands twice.
async fn audit(store: &Store, acknowledged: &[(RecordId, NewRecord)]) {
    for (id, record) in acknowledged {
        let stored = store.inner().load(*id).await.unwrap().expect("an acknowledged record is there");
        assert_eq!(stored.record, *record);
    }
    let page = Page { after: None, limit: 1000.try_into().unwrap() };
    let mut ids: Vec<_> =
        store.inner().list(&Filter::Waiting, page).await.unwrap().into_iter().map(|s| s.message_id).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "a record stands twice");
}

#[tokio::test]
async fn a_commit_that_fails_once_is_repeated_in_its_place() {
    for how in [How::Lost, How::LostAfterEffect] {
        let store = store();
        let (ledger, writer) = open(&store).await;
        tokio::spawn(writer.run());
        let mut acknowledged = Vec::new();
        for n in 1..=5 {
            store.break_next(Step::Append, how, 1);
            let recorded = ledger.record((), |()| record(n)).await.unwrap();
            acknowledged.push((recorded.id(), record(n)));
        }
        audit(&store, &acknowledged).await;
        assert_eq!(store.inner().head().await.unwrap().next.number(), 6, "{how:?}");
    }
}

#[tokio::test]
async fn a_commit_that_keeps_failing_is_refused_and_the_next_one_finds_its_place() {
    for how in [How::Lost, How::LostAfterEffect] {
        for head in [None, Some(How::Lost)] {
            let store = store();
            let (ledger, writer) = open(&store).await;
            tokio::spawn(writer.run());
            let mut acknowledged = Vec::new();
            for n in 1..=6 {
                if n % 2 == 0 {
                    store.break_next(Step::Append, how, 2);
                } else if let Some(how) = head.filter(|_| n > 1) {
                    store.break_next(Step::Head, how, 1);
                }
                match ledger.record((), |()| record(n)).await {
                    Ok(recorded) => acknowledged.push((recorded.id(), record(n))),
                    Err(error) => {
                        assert_eq!(n % 2, 0);
                        assert!(matches!(error, LedgerError::NotDurable(_)), "{error:?}");
                        assert_eq!(error.code(), Code::LoggingFailed);
                    }
                }
            }
            assert_eq!(acknowledged.len(), 3);
            audit(&store, &acknowledged).await;
        }
    }
}

#[tokio::test]
async fn a_failed_fsync_stops_the_ledger_until_the_node_starts_again() {
    for how in [How::Halt, How::HaltAfterEffect] {
        let store = store();
        let (ledger, writer) = open(&store).await;
        let writer = tokio::spawn(writer.run());
        let first = ledger.record((), |()| record(1)).await.unwrap();
        store.break_next(Step::Append, how, 1);
        let error = ledger.record((), |()| record(2)).await.unwrap_err();
        assert!(matches!(error, LedgerError::Halted(_)), "{error:?}");
        assert_eq!(error.code(), Code::LoggingFailed);
        for n in 3..6 {
            let error = ledger.record((), |()| record(n)).await.unwrap_err();
            assert!(matches!(error, LedgerError::Halted(_)), "the store works again, but nobody may trust it");
        }
        assert!(matches!(ledger.keep_conf(&conf(1)).await, Err(LedgerError::Halted(_))));
        assert!(ledger.halted().is_some());
        let halted = writer.await.unwrap().unwrap_err();
        assert!(matches!(*halted.cause, StoreError::Halt { .. }));
        assert!(ledger.load(first.id()).await.unwrap().is_some(), "reading goes on");
        drop(ledger);

        let (restarted, writer) = open(&store).await;
        tokio::spawn(writer.run());
        let again = restarted.record((), |()| record(9)).await.unwrap();
        audit(&store, &[(first.id(), record(1)), (again.id(), record(9))]).await;
    }
}

#[tokio::test]
async fn what_waits_when_the_ledger_stops_is_refused() {
    let store = store();
    let (ledger, writer) = open(&store).await;
    store.break_next(Step::Append, How::Halt, 1);
    let settings = LedgerSettings::default();
    let tasks: Vec<_> = (0..u32::try_from(settings.batch_records).unwrap() + 10)
        .map(|n| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.record((), |()| record(n)).await.map(|r| r.id()) })
        })
        .collect();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(writer.run().await.is_err());
    for task in tasks {
        let outcome = task.await.unwrap();
        assert!(matches!(outcome, Err(LedgerError::Halted(_))), "{outcome:?}");
    }
    assert_eq!(store.inner().head().await.unwrap().next, RecordId::FIRST);
}

#[tokio::test]
async fn a_second_writer_on_the_same_store_is_noticed() {
    let store = store();
    let (first, writer) = open(&store).await;
    tokio::spawn(writer.run());
    let (second, writer) = open(&store).await;
    let writer = tokio::spawn(writer.run());
    first.record((), |()| record(1)).await.unwrap();
    let error = second.record((), |()| record(2)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Halted(_)), "{error:?}");
    assert!(matches!(*writer.await.unwrap().unwrap_err().cause, StoreError::Conflict(_)));
    assert!(first.record((), |()| record(3)).await.is_ok());
}

#[tokio::test]
async fn a_halt_outside_the_writer_ends_the_writer() {
    let store = store();
    let (ledger, writer) = open(&store).await;
    let writer = tokio::spawn(writer.run());
    store.break_next(Step::KeepConf, How::Halt, 1);
    assert!(matches!(ledger.keep_conf(&conf(1)).await, Err(LedgerError::Halted(_))));
    assert!(writer.await.unwrap().is_err());
    assert!(matches!(ledger.record((), |()| record(1)).await, Err(LedgerError::Halted(_))));
}

#[tokio::test]
async fn a_configuration_whose_answer_was_lost_can_be_kept_again() {
    for how in [How::Lost, How::LostAfterEffect] {
        let store = store();
        let (ledger, writer) = open(&store).await;
        tokio::spawn(writer.run());
        store.break_next(Step::KeepConf, how, 1);
        let error = ledger.keep_conf(&conf(1)).await.unwrap_err();
        assert!(matches!(error, LedgerError::Store(_)), "{error:?}");
        ledger.keep_conf(&conf(1)).await.unwrap();
        assert_eq!(ledger.conf(conf(1).id).await.unwrap(), Some(conf(1)));
    }
}

/// No record stands in the log before the configuration that it cites.
#[tokio::test]
async fn a_configuration_that_cannot_be_kept_refuses_the_record_that_cites_it() {
    for how in [How::Lost, How::LostAfterEffect, How::Halt, How::HaltAfterEffect] {
        let store = store();
        let (ledger, writer) = open(&store).await;
        tokio::spawn(writer.run());
        let _offer = ledger.offer_conf(conf(1)).unwrap();
        let citing = |n| NewRecord { conf: vec![conf(1).id], ..record(n) };
        store.break_next(Step::KeepConf, how, 1);
        let error = ledger.record((), |()| citing(1)).await.unwrap_err();
        assert_eq!(error.code(), Code::LoggingFailed, "wire.md §7.2");
        assert_eq!(store.inner().head().await.unwrap().next, RecordId::FIRST, "{how:?}");
        match how {
            How::Lost | How::LostAfterEffect => {
                assert!(matches!(error, LedgerError::NotDurable(_)), "{error:?}");
                let recorded = ledger.record((), |()| citing(2)).await.unwrap();
                audit(&store, &[(recorded.id(), citing(2))]).await;
                assert_eq!(ledger.conf(conf(1).id).await.unwrap(), Some(conf(1)));
            }
            How::Halt | How::HaltAfterEffect => assert!(matches!(error, LedgerError::Halted(_)), "{error:?}"),
        }
    }
}

/// The place is looked up after an unanswered commit; a repeated try must keep to it.
#[tokio::test]
async fn a_commit_in_a_place_that_was_looked_up_is_not_made_twice() {
    let store = store();
    let (ledger, writer) = open(&store).await;
    tokio::spawn(writer.run());
    store.break_next(Step::Append, How::Lost, 2);
    assert!(ledger.record((), |()| record(1)).await.is_err());
    store.break_next(Step::Append, How::LostAfterEffect, 1);
    let recorded = ledger.record((), |()| record(2)).await.unwrap();
    audit(&store, &[(recorded.id(), record(2))]).await;
    assert_eq!(store.inner().head().await.unwrap().next.number(), 2);
}
