use proptest::prelude::*;

use super::*;

fn begun(effects: &[Effect]) -> Option<Job> {
    effects.iter().find_map(|effect| match effect {
        Effect::Begin(job) => Some(*job),
        _ => None,
    })
}

fn well(done: usize, left: usize) -> Ended {
    Ended::Well { done, left }
}

fn leading() -> (Engine, Job) {
    let mut engine = Engine::new(true);
    let effects = engine.step(Event::Leading, Millis(0), 0);
    let job = begun(&effects).unwrap();
    (engine, job)
}

#[test]
fn a_cycle_probes_uploads_sends_attachments_and_fetches() {
    let (mut engine, mut job) = leading();
    let mut jobs = vec![job];
    let left = |job| match job {
        Job::Upload { most } if most == BATCH_ENTRIES => 1,
        _ => 0,
    };
    let mut uploads = 0;
    loop {
        uploads += usize::from(matches!(job, Job::Upload { .. }));
        let more = if uploads > 1 { 0 } else { left(job) };
        let effects = engine.step(Event::Done(job, well(0, more)), Millis(1), 0);
        let Some(next) = begun(&effects) else { break };
        jobs.push(next);
        job = next;
    }
    let upload = Job::Upload { most: BATCH_ENTRIES };
    assert_eq!(jobs, [Job::Probe, upload, upload, Job::SendBlob, Job::Fetch]);
    assert_eq!(engine.phase(), Phase::Idle);
}

#[test]
fn what_is_saved_during_a_cycle_starts_another() {
    let (mut engine, job) = leading();
    assert_eq!(begun(&engine.step(Event::Saved, Millis(1), 0)), None, "one job at a time");
    let mut next = Some(job);
    let mut probes = 0;
    while let Some(job) = next {
        probes += usize::from(job == Job::Probe);
        next = begun(&engine.step(Event::Done(job, well(0, 0)), Millis(2), 0));
    }
    assert_eq!(probes, 2);
}

#[test]
fn a_failure_rests_and_only_a_person_or_a_sign_of_life_cuts_it_short() {
    let (mut engine, job) = leading();
    let effects = engine.step(Event::Done(job, Ended::Badly(Failure::NoAnswer)), Millis(10), 1_500);
    assert_eq!(effects, [Effect::WakeAt(Millis(1_510))]);
    assert_eq!(begun(&engine.step(Event::Saved, Millis(20), 0)), None);
    assert!(matches!(engine.phase(), Phase::Resting { why: Failure::NoAnswer, .. }));
    for event in [Event::SendNow, Event::Visible, Event::Online] {
        assert_eq!(begun(&engine.clone().step(event, Millis(20), 0)), Some(Job::Probe));
    }
    assert_eq!(begun(&engine.step(Event::Timer, Millis(1_510), 0)), Some(Job::Probe));
}

#[test]
fn an_unknown_phone_stops_until_it_is_enrolled() {
    let (mut engine, job) = leading();
    engine.step(Event::Done(job, Ended::Badly(Failure::Unauthorised)), Millis(1), 0);
    assert_eq!(engine.phase(), Phase::Stopped);
    assert!(engine.step(Event::SendNow, Millis(2), 0).is_empty());
    assert_eq!(begun(&engine.step(Event::Enrolled, Millis(3), 0)), Some(Job::Probe));
}

/// Invariant 5 on the phone's side: a batch that can't be read is halved until the one bad entry is found.
#[test]
fn a_batch_that_cant_be_read_is_halved_until_one_entry_is_set_aside() {
    let (mut engine, job) = leading();
    let mut job = begun(&engine.step(Event::Done(job, well(0, 9)), Millis(1), 0)).unwrap();
    let mut sizes = Vec::new();
    loop {
        let Job::Upload { most } = job else { panic!("{job:?}") };
        sizes.push(most);
        let effects = engine.step(Event::Done(job, Ended::Badly(Failure::Unreadable)), Millis(2), 0);
        job = begun(&effects).unwrap();
        if effects.contains(&Effect::SetAside) {
            break;
        }
    }
    assert_eq!(sizes, [200, 100, 50, 25, 12, 6, 3, 1]);
    assert_eq!(job, Job::Upload { most: BATCH_ENTRIES });
}

#[test]
fn only_the_leader_sends() {
    let mut engine = Engine::new(true);
    assert!(engine.step(Event::Saved, Millis(0), 0).is_empty());
    engine.step(Event::Leading, Millis(0), 0);
    engine.step(Event::Following, Millis(0), 0);
    assert_eq!(begun(&engine.step(Event::Done(Job::Probe, well(0, 0)), Millis(1), 0)), None);
}

#[test]
fn a_job_that_never_ends_is_given_up() {
    let (mut engine, job) = leading();
    assert_eq!(begun(&engine.step(Event::Timer, Millis(WATCHDOG), 0)), None);
    assert_eq!(begun(&engine.step(Event::Timer, Millis(WATCHDOG + 1), 0)), Some(Job::Probe));
    let late = Event::Done(Job::Upload { most: 1 }, well(1, 0));
    assert_eq!(begun(&engine.step(late, Millis(WATCHDOG + 2), 0)), None, "{job:?}");
}

#[test]
fn a_long_job_that_gives_signs_of_life_is_not_given_up() {
    let (mut engine, job) = leading();
    assert_eq!(begun(&engine.step(Event::Going(job), Millis(WATCHDOG), 0)), None);
    assert_eq!(begun(&engine.step(Event::Going(Job::Fetch), Millis(WATCHDOG + 9), 0)), None, "another job");
    assert_eq!(begun(&engine.step(Event::Timer, Millis(2 * WATCHDOG), 0)), None);
    assert_eq!(begun(&engine.step(Event::Timer, Millis(2 * WATCHDOG + 1), 0)), Some(Job::Probe));
}

/// Ends a cycle, and gives what follows on it.
fn finish(engine: &mut Engine, mut job: Job, now: Millis) -> Vec<Effect> {
    loop {
        let effects = engine.step(Event::Done(job, well(0, 0)), now, 0);
        match begun(&effects) {
            Some(next) => job = next,
            None => return effects,
        }
    }
}

#[test]
fn listening_never_keeps_a_save_waiting() {
    let (mut engine, job) = leading();
    assert!(finish(&mut engine, job, Millis(1)).contains(&Effect::Listen));
    assert_eq!(engine.phase(), Phase::Idle, "nothing that a person has to see");
    let effects = engine.step(Event::Saved, Millis(2), 0);
    assert_eq!((begun(&effects), effects.contains(&Effect::Hush)), (Some(Job::Probe), true));
    let late = engine.step(Event::Heard(Heard::News), Millis(3), 0);
    assert_eq!(begun(&late), None);
    assert!(finish(&mut engine, Job::Probe, Millis(4)).contains(&Effect::Listen), "and goes on afterwards");
}

#[test]
fn news_are_fetched_at_once_and_silence_is_listened_to_again() {
    let (mut engine, job) = leading();
    finish(&mut engine, job, Millis(1));
    let effects = engine.step(Event::Heard(Heard::News), Millis(20), 0);
    assert_eq!(begun(&effects), Some(Job::Fetch));
    let effects = engine.step(Event::Done(Job::Fetch, well(3, 0)), Millis(30), 0);
    assert!(effects.contains(&Effect::Listen));
    // Whoever listens need not look as often.
    let mut now = Millis(30);
    for _ in 0..5 {
        now = Millis(now.0 + 50_000);
        let effects = engine.step(Event::Heard(Heard::Nothing), now, 0);
        assert!(effects.contains(&Effect::Listen) && begun(&effects).is_none(), "{effects:?}");
        assert_eq!(begun(&engine.clone().step(Event::Timer, Millis(now.0 + 9_000), 0)), None);
    }
    let due = Millis(30 + LOOK_LISTENING);
    assert_eq!(begun(&engine.step(Event::Timer, due, 0)), Some(Job::Probe));
}

#[test]
fn a_station_that_lets_nobody_wait_is_asked_less_and_less_and_nobody_is_troubled() {
    let (mut engine, job) = leading();
    finish(&mut engine, job, Millis(1));
    let hasty = [Heard::Nothing, Heard::Badly(Failure::NoAnswer), Heard::Badly(Failure::Unauthorised)];
    let mut now = Millis(2);
    for heard in hasty {
        let effects = engine.step(Event::Heard(heard), now, 1_000);
        assert!(!effects.contains(&Effect::Listen) && engine.phase() == Phase::Idle, "{effects:?}");
        let at = effects.iter().find_map(|effect| match effect {
            Effect::WakeAt(at) => Some(*at),
            _ => None,
        });
        assert_eq!(at, Some(Millis(now.0 + 1_001)));
        now = Millis(now.0 + 1_001);
        let effects = engine.step(Event::Timer, now, 0);
        assert!(effects.contains(&Effect::Listen) && begun(&effects).is_none(), "{effects:?}");
    }
    // Once the station is back after an outage it is listened to at once.
    let mut back = engine.clone();
    back.step(Event::Heard(Heard::Badly(Failure::NoAnswer)), now, 1_900);
    back.step(Event::Saved, now, 0);
    back.step(Event::Done(Job::Probe, Ended::Badly(Failure::NoAnswer)), now, 0);
    assert_eq!(begun(&back.step(Event::Timer, now, 0)), Some(Job::Probe));
    assert!(finish(&mut back, Job::Probe, now).contains(&Effect::Listen));
    // News that are none are no better.
    engine.step(Event::Heard(Heard::News), now, 0);
    let effects = engine.step(Event::Done(Job::Fetch, well(0, 0)), now, 1_000);
    assert!(!effects.contains(&Effect::Listen), "{effects:?}");
}

#[test]
fn nobody_listens_off_the_screen_or_without_a_network_or_for_another_tab() {
    for (event, back) in
        [(Event::Hidden, Event::Visible), (Event::Offline, Event::Online), (Event::Following, Event::Leading)]
    {
        let (mut engine, job) = leading();
        finish(&mut engine, job, Millis(1));
        assert!(engine.step(event.clone(), Millis(2), 0).contains(&Effect::Hush), "{event:?}");
        assert_eq!(begun(&engine.step(back, Millis(3), 0)), Some(Job::Probe));
        assert!(finish(&mut engine, Job::Probe, Millis(4)).contains(&Effect::Listen), "{event:?}");
    }
}

fn events() -> impl Strategy<Value = Vec<(u8, u64)>> {
    proptest::collection::vec((0u8..20, any::<u64>()), 0..200)
}

proptest! {
    /// Whatever happens, at most one job is under way, nobody listens meanwhile, and an enrolled leader always has a job or a timer: the
    /// sending never falls asleep for good.
    #[test]
    fn it_never_stalls(events in events()) {
        let mut engine = Engine::new(true);
        let mut job = None;
        let mut timer = None;
        let mut listens = false;
        for (index, (kind, dice)) in (1u64..).zip(events) {
            let now = Millis(index * 700);
            let event = match (kind, job.take()) {
                (0, kept) => { job = kept; Event::Leading }
                (1, kept) => { job = kept; Event::Saved }
                (2, kept) => { job = kept; Event::Visible }
                (3, kept) => { job = kept; Event::Online }
                (4, kept) => { job = kept; Event::Offline }
                (5, kept) => { job = kept; Event::SendNow }
                (6, kept) => { job = kept; Event::Timer }
                (14, kept) => { job = kept; Event::Hidden }
                (15, kept) => { job = kept; Event::Following }
                (16..20, kept) => {
                    job = kept;
                    listens = false;
                    Event::Heard(match kind {
                        16 => Heard::News,
                        17 => Heard::Badly(Failure::NoAnswer),
                        _ => Heard::Nothing,
                    })
                }
                (7, Some(kept)) => Event::Done(kept, Ended::Badly(Failure::NoAnswer)),
                (8, Some(kept)) => {
                    Event::Done(kept, Ended::Badly(Failure::Busy { retry_after: Some(dice % 9_000) }))
                }
                (9, Some(kept)) => Event::Done(kept, Ended::Badly(Failure::Unreadable)),
                (_, Some(kept)) => Event::Done(kept, well((dice % 2) as usize, (dice % 3) as usize)),
                (_, None) => Event::Leading,
            };
            for effect in engine.step(event, now, dice) {
                match effect {
                    Effect::Begin(next) => {
                        prop_assert!(job.is_none(), "two jobs at a time");
                        job = Some(next);
                    }
                    Effect::WakeAt(at) => timer = Some(at),
                    Effect::SetAside => {}
                    Effect::Listen => {
                        prop_assert!(!listens, "it listens twice");
                        listens = true;
                    }
                    Effect::Hush => listens = false,
                }
            }
            prop_assert!(!listens || (engine.leading && job.is_none()));
            if engine.leading {
                prop_assert!(job.is_some() || timer.is_some());
            }
        }
    }

    /// A wait lies between what the station asked for and the limit above it.
    #[test]
    fn waits_are_bounded(failures in any::<u32>(), asked in 0u64..10_000, dice in any::<u64>()) {
        let waited = wait(failures, &Failure::Busy { retry_after: Some(asked) }, dice);
        prop_assert!((asked..asked + LONGEST_WAIT).contains(&waited));
    }
}
