//! What a lock promises, with machines that sleep, clocks that are wrong, and records that do not answer.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures::FutureExt;
use futures::future::{BoxFuture, join_all, pending};

use super::*;
use crate::record::MemoryStore;
use crate::record::store::Stored;

const QUICK: Timing = Timing {
    lasts: Duration::from_millis(600),
    margin: Duration::from_millis(150),
    renewed: Duration::from_millis(60),
    looked_at: Duration::from_millis(5),
};

/// Remembers what was told.
#[derive(Default)]
struct Heard(Mutex<Vec<Event>>);

impl Listener for Heard {
    fn hear(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Heard {
    fn loss(&self) -> Option<String> {
        let heard = self.0.lock().unwrap();
        heard.iter().find_map(|event| if let Event::LockLost { why } = event { Some(why.clone()) } else { None })
    }
}

/// A clock of a machine of its own: the real one, and how far it is off.
#[derive(Debug, Default)]
struct Turned {
    running: Mutex<Duration>,
    wall: Mutex<SignedDuration>,
}

impl Turned {
    fn wall(by: SignedDuration) -> Arc<Turned> {
        Arc::new(Turned { wall: Mutex::new(by), ..Turned::default() })
    }

    /// The machine sleeps: both clocks go on, and nothing else does.
    fn sleep(&self, long: Duration) {
        *self.running.lock().unwrap() += long;
        *self.wall.lock().unwrap() += SignedDuration::try_from(long).unwrap();
    }
}

impl Clock for Turned {
    fn now(&self) -> Moment {
        let Moment { running, wall } = Machine.now();
        Moment { running: running + *self.running.lock().unwrap(), wall: wall + *self.wall.lock().unwrap() }
    }
}

/// How records behave towards one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    Fair,
    /// Calls fail.
    Out,
    /// Calls are never answered.
    Hangs,
    /// Writes are done, and said not to be.
    DoneAndDenied,
    /// Writes are not done, for another call is under way.
    Contended,
    /// The lock is renewed just before each of so many deletions.
    RenewedMeanwhile(u32),
}

/// A machine's way to the records.
struct Way {
    records: Arc<MemoryStore>,
    weather: Mutex<Weather>,
}

impl Way {
    fn to(records: &Arc<MemoryStore>) -> Arc<Way> {
        Arc::new(Way { records: Arc::clone(records), weather: Mutex::new(Weather::Fair) })
    }

    fn turn(&self, weather: Weather) {
        *self.weather.lock().unwrap() = weather;
    }

    async fn pass(&self) -> Result<Weather, Fault> {
        let weather = *self.weather.lock().unwrap();
        match weather {
            Weather::Out => Err(Fault::new(FaultKind::Unreachable, "records", "nothing answers")),
            Weather::Hangs => pending().await,
            weather => Ok(weather),
        }
    }
}

impl Store for Way {
    fn place(&self) -> String {
        self.records.place()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, Fault>> {
        async move {
            self.pass().await?;
            self.records.get(key).await
        }
        .boxed()
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, when: When) -> BoxFuture<'a, Result<Put, Fault>> {
        async move {
            let weather = self.pass().await?;
            if weather == Weather::Contended {
                return Ok(Put::Conflict);
            }
            let put = self.records.put(key, bytes, when).await;
            if weather == Weather::DoneAndDenied { Ok(Put::Conflict) } else { put }
        }
        .boxed()
    }

    fn delete<'a>(&'a self, key: &'a str, version: &'a Version) -> BoxFuture<'a, Result<Deleted, Fault>> {
        async move {
            if let Weather::RenewedMeanwhile(times @ 1..) = self.pass().await? {
                self.turn(Weather::RenewedMeanwhile(times - 1));
                let (holder, _) = read(&*self.records, key).await?.unwrap();
                let renewed = holder.renewed(Timestamp::now(), QUICK.lasts);
                self.records.put(key, bytes(&renewed), When::Always).await?;
            }
            self.records.delete(key, version).await
        }
        .boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, Fault>> {
        self.records.list(prefix)
    }

    fn sweep<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        self.records.sweep(prefix)
    }
}

/// A machine that takes the lock: its own clock, its own way to the records, and what it was told.
struct Taker {
    way: Arc<Way>,
    clock: Arc<Turned>,
    heard: Arc<Heard>,
    interrupt: Interrupt,
}

impl Taker {
    fn new(records: &Arc<MemoryStore>) -> Taker {
        Taker::by(records, Arc::default())
    }

    fn by(records: &Arc<MemoryStore>, clock: Arc<Turned>) -> Taker {
        Taker { way: Way::to(records), clock, heard: Arc::default(), interrupt: Interrupt::new() }
    }

    async fn take(&self, id: &str, patience: Duration) -> Result<Lock, LockError> {
        // As if on another machine: only time can tell that it is gone.
        let holder = Holder { process: None, ..Holder::this(id, "apply") };
        let (key, clock) = (crate::record::key(&owner(), "lock"), Arc::<Turned>::clone(&self.clock));
        let (store, listener) = (Arc::<Way>::clone(&self.way), Arc::<Heard>::clone(&self.heard));
        let interrupt = self.interrupt.clone();
        Taking { store, key, holder, patience, timing: QUICK, clock, listener, interrupt }.take().await
    }
}

fn owner() -> Owner {
    Owner { project: "p".into(), environment: "e".into() }
}

const AT_ONCE: Duration = Duration::ZERO;
const PATIENT: Duration = Duration::from_secs(20);

async fn take(records: &Arc<MemoryStore>, id: &str, patience: Duration) -> Result<Lock, LockError> {
    Taker::new(records).take(id, patience).await
}

async fn holder_in(records: &Arc<MemoryStore>) -> Option<Holder> {
    Lock::look(&**records, &owner()).await.unwrap()
}

/// A lock whose holder has been killed on another machine.
async fn leave_behind(records: &Arc<MemoryStore>, id: &str) {
    drop(take(records, id, AT_ONCE).await.unwrap());
}

#[tokio::test]
async fn one_holds_it_and_the_other_is_told_who() {
    let records = Arc::default();
    let lock = take(&records, "one", AT_ONCE).await.unwrap();
    let Err(LockError::Held(holder)) = take(&records, "two", AT_ONCE).await else { panic!("two hold the lock") };
    assert_eq!(holder.id, "one");
    lock.release().await.unwrap();
    assert!(holder_in(&records).await.is_none());
    take(&records, "two", AT_ONCE).await.unwrap().release().await.unwrap();
}

#[tokio::test]
async fn a_heartbeat_keeps_it_for_as_long_as_it_beats() {
    let records = Arc::default();
    let lock = take(&records, "one", AT_ONCE).await.unwrap();
    assert!(take(&records, "two", QUICK.lasts * 3).await.is_err(), "the heartbeat keeps it alive");
    lock.lease().may_change().unwrap();
    drop(lock);
    let began = Instant::now();
    let lock = take(&records, "two", PATIENT).await.unwrap();
    assert_eq!(lock.holder().id, "two");
    assert!(began.elapsed() >= QUICK.lasts, "it was taken over before it had been seen long enough");
}

#[tokio::test]
async fn one_that_is_left_over_is_waited_for_even_by_who_has_no_patience() {
    let records = Arc::default();
    leave_behind(&records, "one").await;
    assert!(take(&records, "two", AT_ONCE).await.is_err(), "until its own time it may be alive");
    tokio::time::sleep(QUICK.lasts).await;
    let began = Instant::now();
    take(&records, "two", AT_ONCE).await.unwrap();
    assert!(began.elapsed() >= QUICK.lasts, "that its time is over is no reason to believe so");
}

#[tokio::test]
async fn of_eight_that_start_together_one_is_at_work_and_all_come_to_it_in_turn() {
    for left_over in [false, true] {
        let (records, at_work, turns) = (Arc::default(), AtomicBool::new(false), AtomicU64::new(0));
        if left_over {
            leave_behind(&records, "dead").await;
        }
        let work = |name: &'static str| {
            let (records, at_work, turns) = (&records, &at_work, &turns);
            async move {
                let lock = take(records, name, PATIENT).await.unwrap();
                assert!(!at_work.swap(true, Ordering::SeqCst), "two are at work");
                tokio::time::sleep(QUICK.renewed * 2).await;
                lock.lease().may_change().unwrap();
                turns.fetch_add(1, Ordering::SeqCst);
                at_work.store(false, Ordering::SeqCst);
                lock.release().await.unwrap();
            }
        };
        join_all(["a", "b", "c", "d", "e", "f", "g", "h"].map(work)).await;
        assert_eq!(turns.into_inner(), 8);
    }
}

/// From a mishap on, `one` may do nothing any more before `two`, who is healthy and waits, has the lock.
async fn check_fences(mishap: Weather) {
    let records = Arc::default();
    let one = Taker::new(&records);
    let lock = one.take("one", AT_ONCE).await.unwrap();
    let lease = lock.lease();
    tokio::time::sleep(QUICK.renewed * 3).await;
    lease.may_change().unwrap();
    one.way.turn(mishap);
    let last_change = async {
        let mut last = Instant::now();
        while lease.may_change().is_ok() {
            last = Instant::now();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        last
    };
    let takeover = async {
        let lock = take(&records, "two", PATIENT).await.unwrap();
        (lock, Instant::now())
    };
    let (last, (second, taken)) = futures::join!(last_change, takeover);
    assert!(last + QUICK.margin / 2 < taken, "{mishap:?}: {:?} between them", taken.duration_since(last));
    assert!(one.interrupt.is_asked(), "{mishap:?}: it is stopped");
    let why = one.heard.loss().expect("it is told that the lock is lost");
    assert!(why.contains("could not be renewed in time"), "{mishap:?}: {why}");
    // Answers that come again bring nothing back.
    one.way.turn(Weather::Fair);
    tokio::time::sleep(QUICK.renewed * 2).await;
    assert_eq!(lease.may_change().unwrap_err().kind, FaultKind::LockLost);
    lock.release().await.unwrap();
    assert_eq!(holder_in(&records).await.unwrap().id, "two", "what the next one has stays");
    second.lease().may_change().unwrap();
}

#[tokio::test]
async fn renewals_that_hang_do_not_outlive_the_lease() {
    check_fences(Weather::Hangs).await;
}

#[tokio::test]
async fn an_outage_of_the_records_longer_than_the_lease_ends_it() {
    check_fences(Weather::Out).await;
}

#[tokio::test]
async fn writes_that_are_refused_while_something_else_is_under_way_are_no_renewals() {
    check_fences(Weather::Contended).await;
}

#[tokio::test]
async fn a_short_outage_and_a_renewal_that_hung_cost_nothing() {
    for mishap in [Weather::Out, Weather::Hangs] {
        let records = Arc::default();
        let one = Taker::new(&records);
        let lock = one.take("one", AT_ONCE).await.unwrap();
        one.way.turn(mishap);
        tokio::time::sleep(QUICK.renewed * 2).await;
        one.way.turn(Weather::Fair);
        tokio::time::sleep(QUICK.lasts).await;
        lock.lease().may_change().unwrap();
        lock.release().await.unwrap();
    }
}

#[tokio::test]
async fn renewals_whose_answers_are_wrong_are_recognised_and_written_over() {
    let records = Arc::default();
    let one = Taker::new(&records);
    let lock = one.take("one", AT_ONCE).await.unwrap();
    one.way.turn(Weather::DoneAndDenied);
    tokio::time::sleep(QUICK.lasts * 2).await;
    lock.lease().may_change().unwrap();
    assert!(holder_in(&records).await.unwrap().renewals > 3);
    // A renewal that this run knows nothing of, as when the answer to it was lost.
    one.way.turn(Weather::Fair);
    let (holder, _) = read(&*records, "p/e/lock").await.unwrap().unwrap();
    let lost = Holder { renewals: 1000, ..holder };
    records.put("p/e/lock", bytes(&lost), When::Always).await.unwrap();
    tokio::time::sleep(QUICK.lasts * 2).await;
    lock.lease().may_change().unwrap();
    lock.release().await.unwrap();
    assert!(holder_in(&records).await.is_none());
}

#[tokio::test]
async fn who_has_slept_changes_nothing_from_the_first_moment_on() {
    for wakes_by in ["both clocks", "the calendar"] {
        let records = Arc::default();
        let one = Taker::new(&records);
        let lock = one.take("one", AT_ONCE).await.unwrap();
        lock.lease().may_change().unwrap();
        // Nothing runs between these lines: no heartbeat could have told.
        match wakes_by {
            "the calendar" => *one.clock.wall.lock().unwrap() += SignedDuration::from_hours(1),
            _ => one.clock.sleep(Duration::from_secs(3600)),
        }
        assert!(lock.lease().may_change().is_err(), "{wakes_by}");
        for _ in 0..200 {
            if one.interrupt.is_asked() && one.heard.loss().is_some() {
                break;
            }
            tokio::time::sleep(QUICK.looked_at).await;
        }
        assert!(one.interrupt.is_asked() && one.heard.loss().is_some(), "{wakes_by}: its heartbeat notices");
        lock.release().await.unwrap();
        assert!(holder_in(&records).await.is_none(), "its own lock is given back");
    }
}

#[tokio::test]
async fn clocks_ten_minutes_apart_take_nothing_from_the_living_and_leave_nothing_to_the_dead() {
    for minutes in [-10, 10] {
        let records = Arc::default();
        let lock = take(&records, "one", AT_ONCE).await.unwrap();
        let other = || Taker::by(&records, Turned::wall(SignedDuration::from_mins(minutes)));
        for patience in [AT_ONCE, QUICK.lasts * 3] {
            let Err(LockError::Held(_)) = other().take("two", patience).await else {
                panic!("a clock that is {minutes} minutes off took a living lock")
            };
        }
        lock.lease().may_change().unwrap();
        drop(lock);
        other().take("two", PATIENT).await.unwrap().release().await.unwrap();
    }
}

#[tokio::test]
async fn a_waiter_whose_calendar_is_set_forward_has_not_waited_for_it() {
    let records = Arc::default();
    leave_behind(&records, "one").await;
    let other = Taker::new(&records);
    let set = async {
        tokio::time::sleep(QUICK.lasts / 4).await;
        *other.clock.wall.lock().unwrap() += SignedDuration::from_hours(1);
    };
    let began = Instant::now();
    let (lock, ()) = futures::join!(other.take("two", PATIENT), set);
    lock.unwrap();
    assert!(began.elapsed() >= QUICK.lasts);
}

#[tokio::test]
async fn a_dead_process_of_this_machine_is_not_waited_for() {
    let records = Arc::default();
    let one = Taker::new(&records);
    drop(one.take("one", AT_ONCE).await.unwrap());
    let (holder, _) = read(&*records, "p/e/lock").await.unwrap().unwrap();
    let Holder { process: Some(this), .. } = Holder::this("one", "apply") else { return };
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let dead = Holder { process: Some(crate::record::Process { pid, ..this }), ..holder };
    records.put("p/e/lock", bytes(&dead), When::Always).await.unwrap();
    let began = Instant::now();
    take(&records, "two", AT_ONCE).await.unwrap();
    assert!(began.elapsed() < QUICK.lasts / 2);
}

#[tokio::test]
async fn a_zombie_writes_no_record() {
    let records = Arc::default();
    let one = Taker::new(&records);
    let lock = one.take("one", AT_ONCE).await.unwrap();
    let guarded = lock.records();
    let Put::Done(version) = guarded.put("p/e/ledger.json", b"one".into(), When::Absent).await.unwrap() else {
        panic!("nobody else has written it")
    };
    one.clock.sleep(Duration::from_secs(3600));
    let refused = [
        guarded.put("p/e/ledger.json", b"late".into(), When::Always).await.map(drop),
        guarded.delete("p/e/ledger.json", &version).await.map(drop),
        guarded.sweep("p/e/").await,
    ];
    for refused in refused {
        assert_eq!(refused.unwrap_err().kind, FaultKind::LockLost);
    }
    assert_eq!(guarded.get("p/e/ledger.json").await.unwrap().unwrap().bytes, b"one", "what it has written it may read");
}

#[tokio::test]
async fn only_the_lock_that_is_meant_is_broken() {
    let records = Arc::default();
    let one = Taker::new(&records);
    let lock = one.take("one", AT_ONCE).await.unwrap();
    assert!(matches!(Lock::break_open(&*records, &owner(), "two").await, Err(LockError::OtherId { .. })));
    assert_eq!(Lock::break_open(&*records, &owner(), "one").await.unwrap().unwrap().id, "one");
    assert_eq!(Lock::break_open(&*records, &owner(), "one").await.unwrap(), None);
    let next = take(&records, "two", AT_ONCE).await.unwrap();
    tokio::time::sleep(QUICK.renewed * 2).await;
    assert!(lock.lease().may_change().is_err() && one.interrupt.is_asked(), "whose lock was broken stops");
    lock.release().await.unwrap();
    assert_eq!(holder_in(&records).await.unwrap().id, "two", "the next one's stays");
    next.release().await.unwrap();
}

#[tokio::test]
async fn breaking_a_lock_that_is_renewed_at_the_same_time_breaks_it_or_says_that_it_stands() {
    let records = Arc::default();
    let lock = take(&records, "one", AT_ONCE).await.unwrap();
    let way = Way::to(&records);
    way.turn(Weather::RenewedMeanwhile(1000));
    let Err(LockError::Fault(fault)) = Lock::break_open(&*way, &owner(), "one").await else {
        panic!("it reports success, and the lock stands")
    };
    assert!(fault.message.contains("the lock stands"), "{fault}");
    assert_eq!(holder_in(&records).await.unwrap().id, "one");
    way.turn(Weather::RenewedMeanwhile(2));
    let broken = Lock::break_open(&*way, &owner(), "one").await.unwrap();
    assert_eq!(broken.unwrap().id, "one");
    assert!(holder_in(&records).await.is_none());
    drop(lock);
}

#[tokio::test]
async fn a_release_is_not_held_up_by_a_renewal_that_hangs_and_leaves_no_lock() {
    let records = Arc::default();
    let one = Taker::new(&records);
    let lock = one.take("one", AT_ONCE).await.unwrap();
    one.way.turn(Weather::Hangs);
    tokio::time::sleep(QUICK.renewed + QUICK.looked_at * 2).await;
    one.way.turn(Weather::Fair);
    let began = Instant::now();
    lock.release().await.unwrap();
    assert!(began.elapsed() < QUICK.renewed, "it waits for nothing");
    assert!(holder_in(&records).await.is_none());
}
