//! Plays scenarios of the simulation for as long as it is told, and says what came of them.
//!
//! `torture --minutes N [--seed S]`; `cargo xtask torture` calls it. It ends with an error as soon as one promise is
//! broken, and names the seed.

use std::{
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use xunji_sync::simulation::{Tally, play};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let mut minutes = 1.0;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let mut seed = now.map_or(0, |time| time.as_secs()) << 32;
    while let Some(option) = args.next() {
        let value = args.next();
        let number = || value.as_deref().unwrap_or_default();
        let read = match option.as_str() {
            "--minutes" => number().parse().map(|given| minutes = given).is_ok(),
            "--seed" => number().parse().map(|given| seed = given).is_ok(),
            _ => false,
        };
        if !read || !f64::is_finite(minutes) || minutes < 0.0 {
            eprintln!("torture --minutes N [--seed S]");
            return ExitCode::from(2);
        }
    }
    println!("Torture from seed {seed} on, for {minutes} min");
    torture(seed, Duration::from_secs_f64(minutes * 60.0))
}

fn torture(first: u64, time: Duration) -> ExitCode {
    let end = Instant::now() + time;
    let next = AtomicU64::new(first);
    let stop = AtomicBool::new(false);
    let tally = Mutex::new((Tally::default(), Instant::now()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, |cores| cores.get()) {
            scope.spawn(|| {
                while Instant::now() < end && !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let (of_one, result) = play(seed, None);
                    let mut guard = tally.lock().unwrap_or_else(PoisonError::into_inner);
                    let (sum, said) = &mut *guard;
                    *sum += &of_one;
                    if let Err(broken) = result {
                        stop.store(true, Ordering::Relaxed);
                        eprintln!("XUNJI_SEED={seed}: {broken}");
                    }
                    if said.elapsed() > Duration::from_secs(60) {
                        *said = Instant::now();
                        println!("    {} scenarios, {} entries so far", sum.scenarios, sum.entries);
                    }
                }
            });
        }
    });
    let (tally, _) = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    print!("{}", told(&tally));
    if stop.into_inner() {
        eprintln!("A promise was broken. Replay it: XUNJI_SEED=… cargo test -p xunji-sync --test simulation");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn told(tally: &Tally) -> String {
    let mut lines = vec![
        format!("scenarios {:>12}", tally.scenarios),
        format!("faults    {:>12}", tally.faults_in_all()),
    ];
    lines.extend(tally.faults.iter().map(|(fault, number)| format!("  {number:>10} {fault:?}")));
    lines.extend([
        format!("entries   {:>12}", tally.entries),
        format!("  {:>10} accepted", tally.accepted),
        format!("  {:>10} parked, or repaired", tally.parked),
        format!("  {:>10} refused, with the reason on the phone", tally.refused),
        format!("  {:>10} evicted with their phone, which said so", tally.evicted),
        format!("  {:>10} unknown to a restored station, unnoticed", tally.unnoticed),
        format!("lost      {:>12}", tally.lost),
        format!("doubled   {:>12}", tally.doubled),
        String::new(),
    ]);
    lines.join("\n")
}
