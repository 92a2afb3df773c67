//! The simulation at its default size, and the proof that it would notice.
//!
//! `XUNJI_SEED=N` plays one scenario and tells its story; `XUNJI_SCENARIOS=N` plays another number of them.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use xunji_sync::simulation::{Broken, Invariant, Sabotage, Tally, play, tell};

/// How many scenarios the default run plays.
const SCENARIOS: u64 = 10_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Plays scenarios on all cores until one breaks; the lowest broken seed is given.
fn first_broken(scenarios: u64, sabotage: Option<Sabotage>) -> (Tally, Option<(u64, Broken)>) {
    let next = AtomicU64::new(0);
    let found = Mutex::new((Tally::default(), None::<(u64, Broken)>));
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= scenarios || found.lock().expect("no thread has panicked").1.is_some() {
                        break;
                    }
                    let (tally, result) = play(seed, sabotage);
                    let mut found = found.lock().expect("no thread has panicked");
                    found.0 += &tally;
                    if let Err(broken) = result
                        && found.1.as_ref().is_none_or(|(other, _)| seed < *other)
                    {
                        found.1 = Some((seed, broken));
                    }
                }
            });
        }
    });
    found.into_inner().expect("no thread has panicked")
}

/// All ten invariants under every sort of fault.
#[test]
fn ten_thousand_scenarios_keep_every_promise() {
    if let Some(seed) = number("XUNJI_SEED") {
        let (story, result) = tell(seed, None);
        println!("{}", story.join("\n"));
        return result.unwrap_or_else(|broken| panic!("XUNJI_SEED={seed}: {broken}"));
    }
    let (tally, broken) = first_broken(number("XUNJI_SCENARIOS").unwrap_or(SCENARIOS), None);
    if let Some((seed, broken)) = broken {
        panic!(
            "{broken}\nreplay: XUNJI_SEED={seed} cargo test -p xunji-sync --test simulation -- --nocapture"
        );
    }
    assert_eq!((tally.lost, tally.doubled), (0, 0));
    // What never happens proves nothing.
    if tally.scenarios >= SCENARIOS {
        for done in ["Amend", "Step", "Ask", "Explain", "Slip", "Merge", "Unmerge"] {
            let happened = tally.taken.contains_key(done) && tally.returned.contains_key(done);
            assert!(happened, "{done} is never taken, or never parked: {tally:#?}");
        }
        assert!(tally.taken.contains_key("Answer"), "{tally:#?}");
    }
    println!("{tally:#?}");
}

/// The same seed tells the same story, or a failure could not be replayed.
#[test]
fn equal_seeds_tell_equal_stories() {
    for seed in 0..20 {
        assert_eq!(tell(seed, None), tell(seed, None), "{seed}");
    }
}

/// What breaks, when a promise is broken on purpose, within the default number of scenarios.
fn caught(sabotage: Sabotage) -> Invariant {
    let (_, broken) = first_broken(SCENARIOS, Some(sabotage));
    let (seed, broken) = broken.unwrap_or_else(|| panic!("nobody noticed {sabotage:?}"));
    println!("{sabotage:?}: seed {seed}, {broken}");
    broken.invariant
}

macro_rules! mutation {
    ($($name:ident: $sabotage:ident breaks $($invariant:ident)|+;)*) => {
        $(
            #[test]
            fn $name() {
                let invariant = caught(Sabotage::$sabotage);
                assert!(matches!(invariant, $(Invariant::$invariant)|+), "{invariant:?}");
            }
        )*

        #[test]
        fn every_sabotage_has_its_test() {
            assert_eq!(Sabotage::ALL, [$(Sabotage::$sabotage),*]);
        }
    };
}

mutation! {
    a_swallowed_full_disk_is_noticed: SwallowFullDisk breaks SavedMeansSaved | LossShows;
    a_row_lost_in_a_crash_is_noticed: LoseRowOnCrash breaks SavedMeansSaved;
    a_torn_commit_is_noticed: TearCommit breaks SavedMeansSaved | NothingLeavesUnreceipted | ReplicasConverge | LossShows;
    silence_taken_for_a_receipt_is_noticed: AcknowledgeSilence breaks ReceiptsAreTrue | PhotosToo;
    receipts_taken_by_place_are_noticed: AcknowledgeByPlace breaks NothingLeavesUnreceipted | ReceiptsAreTrue | PhotosToo;
    a_number_given_twice_is_noticed: GiveSeqTwice breaks ExactlyOnce | LossShows;
    an_entry_taken_twice_is_noticed: TakeTwice breaks ExactlyOnce;
    an_ignored_digest_is_noticed: IgnoreDigest breaks ReceiptsAreTrue;
    an_answer_before_the_commit_is_noticed: AnswerBeforeCommit breaks ReceiptsAreTrue;
    a_forgotten_parked_entry_is_noticed: ForgetParked breaks ReceiptsAreTrue;
    a_parked_entry_that_blocks_is_noticed: ParkedBlocks breaks NothingBlocks;
    a_phone_that_never_tries_again_is_noticed: NeverTryAgain breaks NothingBlocks;
    photos_that_count_too_early_are_noticed: CountUnverified breaks PhotosToo;
    space_made_of_the_unsent_is_noticed: ThinEverything breaks PhotosToo;
    a_forgotten_rival_is_noticed: ForgetRivals breaks BothVersions;
    a_fold_by_arrival_is_noticed: FoldByArrival breaks ReplicasConverge | ReceiptsAreTrue;
    a_skipped_position_is_noticed: SkipPosition breaks ReplicasConverge;
    a_forgotten_history_is_noticed: ForgetHistory breaks ReplicasConverge;
    a_quiet_eviction_is_noticed: QuietEviction breaks LossShows;
    a_skipped_number_is_noticed: SkipSeq breaks LossShows;
    a_leaked_consultation_is_noticed: LeakConsultation breaks Secrecy;
    a_leaked_parked_entry_is_noticed: LeakParked breaks Secrecy;
    cursors_mixed_up_between_mailboxes_are_noticed: MixCursors breaks ReplicasConverge | NothingBlocks;
    masked_entries_that_pass_for_whole_ones_are_noticed: UnmarkMasked breaks ReplicasConverge | ReceiptsAreTrue | Secrecy;
    a_forgotten_question_is_noticed: ForgetQuestions breaks BothVersions;
    a_double_of_a_double_is_noticed: ChainDoubles breaks ExactlyOnce;
    a_slip_given_twice_is_noticed: GiveSlipTwice breaks Secrecy;
    a_parked_step_that_moves_its_record_is_noticed: FollowParked breaks ReceiptsAreTrue;
}
