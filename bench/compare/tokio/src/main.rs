//! The workloads of bench/workloads on tokio: the same work, the same counts, measured the same way.
//!
//! usage: tokio_bench WORKLOAD | --list
//!
//! Prints the count of its operations, and its figures, each a line of "name value unit". As many
//! workers as BENCH_PROCS says; the workload runs on them as a task. Channels are tokio's mpsc where
//! one task receives from a buffer, and flume's where there is no buffer or several receive, which
//! tokio has not got.

mod messages;
mod outside;
mod selects;
mod tasks;
mod timers;
mod work;

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

type Performing = Pin<Box<dyn Future<Output = ()> + Send>>;

enum Start {
    Warm,  // a tenth of the count is performed before, and not measured
    Cold,  // measured from the first operation
    ByOwn, // performed once; it measures itself, and calls report
}

enum Figure {
    Each, // nanoseconds per operation
    All,  // milliseconds for all of them
}

struct Workload {
    name: &'static str,
    count: usize,
    perform: fn(usize) -> Performing,
    from: Start,
    shown: Figure,
}

macro_rules! workload {
    ($name:literal, $count:literal, $perform:expr, $from:ident, $shown:ident) => {
        Workload {
            name: $name,
            count: $count,
            perform: |count| Box::pin($perform(count)),
            from: Start::$from,
            shown: Figure::$shown,
        }
    };
    ($name:literal, $count:literal, $perform:expr) => {
        workload!($name, $count, $perform, Warm, Each)
    };
}

const WORKLOADS: &[Workload] = &[
    workload!("yield", 10_000_000, tasks::yielding),
    workload!("spawn_join", 1_000_000, tasks::spawn_join, Cold, Each),
    workload!("spawn_wait", 1_000_000, tasks::spawn_wait),
    workload!("skynet", 1_000_000, tasks::skynet, Cold, All),
    workload!("parked_million", 1_000_000, tasks::parked_million, ByOwn, Each),
    workload!("ping_pong", 2_000_000, messages::ping_pong),
    workload!("buffered_1x1", 16_000_000, messages::one_to_one),
    workload!("buffered_4x4", 8_000_000, |count| messages::many_to_many(count, 4, 128)),
    workload!("buffered_100x100", 8_000_000, |count| messages::many_to_many(count, 100, 128)),
    workload!("unbuffered_4x4", 2_000_000, |count| messages::many_to_many(count, 4, 0)),
    workload!("unbuffered_100x100", 2_000_000, |count| messages::many_to_many(count, 100, 0)),
    workload!("contended_channel", 8_000_000, |count| messages::many_to_many(count, 16, 128)),
    workload!("sieve", 2_000, messages::sieve, Cold, All),
    workload!("ring", 2_000_000, messages::ring),
    workload!("select_2", 2_000_000, |count| selects::of_2(count, false)),
    workload!("select_2_turns", 2_000_000, |count| selects::of_2(count, true)),
    workload!("select_8", 1_600_000, |count| selects::of_8(count, false)),
    workload!("select_8_turns", 1_600_000, |count| selects::of_8(count, true)),
    workload!("select_default_1", 50_000_000, selects::default_1),
    workload!("select_default_2", 5_000_000, selects::default_2),
    workload!("mutex_alone", 20_000_000, work::mutex_alone),
    workload!("mutex_contended", 4_000_000, work::mutex_contended),
    workload!("parallel_work", 80_000, work::parallel_work, Warm, All),
    workload!("sleepers", 100_000, timers::sleepers, ByOwn, Each),
    workload!("timer_start_stop", 2_000_000, timers::start_stop),
    workload!("time_after", 1_000_000, timers::sleep_in_select),
    workload!("select_timeout", 2_000_000, timers::timeout),
    workload!("pread", 200_000, outside::pread),
    workload!("wake_outside", 3_000, outside::wake, ByOwn, Each),
    workload!("idle_cpu", 1_000, outside::idle_cpu, ByOwn, Each),
];

pub fn report(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.4} {unit}");
}

/// The compiler must believe that the value is used. (Debian's rustc has no black_box yet.)
pub fn keep<T: Copy>(value: T) {
    unsafe { std::ptr::read_volatile(&value) };
}

async fn measure(w: &'static Workload) {
    println!("count {} operations", w.count);
    match w.from {
        Start::ByOwn => return (w.perform)(w.count).await,
        Start::Warm => (w.perform)(w.count / 10).await,
        Start::Cold => {}
    }
    let began = Instant::now();
    (w.perform)(w.count).await;
    let took = began.elapsed().as_nanos() as f64;
    match w.shown {
        Figure::Each => report(w.name, took / w.count as f64, "ns"),
        Figure::All => report(w.name, took / 1e6, "ms"),
    }
}

fn main() {
    let argument = std::env::args().nth(1).unwrap_or_default();
    if argument == "--list" {
        for w in WORKLOADS {
            println!("{}", w.name);
        }
        return;
    }
    let chosen = WORKLOADS.iter().find(|w| w.name == argument).unwrap_or_else(|| {
        eprintln!("usage: tokio_bench WORKLOAD | --list");
        std::process::exit(2);
    });
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Ok(procs) = std::env::var("BENCH_PROCS") {
        builder.worker_threads(procs.parse().expect("BENCH_PROCS is a number"));
    }
    let runtime = builder.enable_time().build().expect("a runtime");
    runtime.block_on(async { tokio::spawn(measure(chosen)).await }).expect("the workload");
    // What is left behind, as of the sieve, is not waited for.
    runtime.shutdown_background();
}
