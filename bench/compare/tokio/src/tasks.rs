//! Starting, waiting for, and parking tasks.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{oneshot, watch};

pub async fn yielding(count: usize) {
    const TASKS: usize = 16;
    let mut all = Vec::new();
    for _ in 0..TASKS {
        all.push(tokio::spawn(async move {
            for _ in 0..count / TASKS {
                tokio::task::yield_now().await;
            }
        }));
    }
    for task in all {
        task.await.unwrap();
    }
}

/// A count that tasks bring to zero, and one waits for.
struct Countdown {
    left: AtomicUsize,
    zero: std::sync::Mutex<Option<oneshot::Sender<()>>>,
}

impl Countdown {
    fn new(count: usize) -> (Arc<Self>, oneshot::Receiver<()>) {
        let (zero, reached) = oneshot::channel();
        let left = AtomicUsize::new(count);
        (Arc::new(Self { left, zero: std::sync::Mutex::new(Some(zero)) }), reached)
    }
    fn done(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            let zero = self.zero.lock().unwrap().take();
            let _ = zero.unwrap().send(());
        }
    }
}

pub async fn spawn_join(count: usize) {
    let (all, reached) = Countdown::new(count);
    for _ in 0..count {
        let all = all.clone();
        tokio::spawn(async move { all.done() });
    }
    reached.await.unwrap();
}

pub async fn spawn_wait(count: usize) {
    for _ in 0..count {
        tokio::spawn(async {}).await.unwrap();
    }
}

fn node(up: flume::Sender<usize>, number: usize, leaves: usize) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if leaves == 1 {
            up.send_async(number).await.unwrap();
            return;
        }
        let (child, children) = flume::bounded(0);
        let share = leaves / 10;
        for i in 0..10 {
            tokio::spawn(node(child.clone(), number + i * share, share));
        }
        let mut sum = 0;
        for _ in 0..10 {
            sum += children.recv_async().await.unwrap();
        }
        up.send_async(sum).await.unwrap();
    })
}

pub async fn skynet(count: usize) {
    let (up, result) = flume::bounded(0);
    tokio::spawn(node(up, 0, count));
    let sum = result.recv_async().await.unwrap();
    assert_eq!(sum, count * (count - 1) / 2, "skynet: a wrong sum");
}

/// Bytes that the process occupies now.
fn occupied() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let kilobytes: f64 = status
        .lines()
        .filter(|line| line.starts_with("VmRSS:") || line.starts_with("VmPTE:"))
        .map(|line| line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap())
        .sum();
    kilobytes * 1024.0
}

/// The channel that closes is a watch, the only one of tokio's that many may receive from.
pub async fn parked_million(count: usize) {
    let (gate, waiting) = watch::channel(());
    let (begun, all_begun) = Countdown::new(count);
    let (ended, all_ended) = Countdown::new(count);
    let before = occupied();
    let mut began = Instant::now();
    for _ in 0..count {
        let (begun, ended, mut waiting) = (begun.clone(), ended.clone(), waiting.clone());
        tokio::spawn(async move {
            begun.done();
            let _ = waiting.changed().await;
            ended.done();
        });
    }
    all_begun.await.unwrap();
    let created = began.elapsed().as_nanos() as f64;
    let bytes = occupied() - before;
    began = Instant::now();
    drop(gate);
    all_ended.await.unwrap();
    let woken = began.elapsed().as_nanos() as f64;
    crate::report("parked_bytes", bytes / count as f64, "B");
    crate::report("parked_create", created / count as f64, "ns");
    crate::report("parked_wake", woken / count as f64, "ns");
}
