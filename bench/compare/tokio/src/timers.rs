//! Sleeping and time-outs.

use std::time::{Duration, Instant};

use tokio::time;

fn milliseconds(d: Duration) -> f64 {
    d.as_nanos() as f64 / 1e6
}

pub async fn sleepers(count: usize) {
    let began = Instant::now();
    let mut all = Vec::with_capacity(count);
    for i in 0..count {
        all.push(tokio::spawn(async move {
            // Spread evenly, in an order without a pattern.
            let length = Duration::from_micros(1_000 + i as u64 * 7_919 % 99_001);
            let asleep = Instant::now();
            time::sleep(length).await;
            asleep.elapsed().saturating_sub(length)
        }));
    }
    let mut late = Vec::with_capacity(count);
    for task in all {
        late.push(task.await.unwrap());
    }
    let wall = began.elapsed();
    late.sort_unstable();
    crate::report("sleepers_wall", milliseconds(wall), "ms");
    crate::report("sleepers_late_p99", milliseconds(late[count * 99 / 100]), "ms");
}

/// A sleep starts when it is first polled, and stops when it is dropped.
pub async fn start_stop(count: usize) {
    for _ in 0..count {
        tokio::select! {
            biased;
            _ = time::sleep(Duration::from_secs(3_600)) => panic!("timer_start_stop: it fired"),
            _ = std::future::ready(()) => {}
        }
    }
}

fn messages(count: usize) -> flume::Receiver<usize> {
    let (sender, receiver) = flume::bounded(0);
    tokio::spawn(async move {
        for n in 0..count {
            if sender.send_async(n).await.is_err() {
                return;
            }
        }
    });
    receiver
}

pub async fn sleep_in_select(count: usize) {
    let messages = messages(count);
    let mut received = 0;
    while received < count {
        tokio::select! {
            _ = messages.recv_async() => received += 1,
            _ = time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

pub async fn timeout(count: usize) {
    let messages = messages(count);
    let mut received = 0;
    while received < count {
        if time::timeout(Duration::from_secs(1), messages.recv_async()).await.is_ok() {
            received += 1;
        }
    }
}
