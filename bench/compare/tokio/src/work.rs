//! Mutexes and computing.

use std::sync::Arc;

use tokio::sync::Mutex;

/// Work that no compiler shortens and no CPU overlaps, the same in every language: steps of an
/// xorshift generator, each of which waits for the one before.
fn work(mut seed: u64, steps: usize) -> u64 {
    for _ in 0..steps {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
    }
    seed
}

const STEPS_IN_100_NS: usize = 60;

pub async fn mutex_alone(count: usize) {
    let mutex = Mutex::new(0u64);
    for _ in 0..count {
        *mutex.lock().await += 1;
    }
    crate::keep(mutex.into_inner());
}

pub async fn mutex_contended(count: usize) {
    const TASKS: usize = 8;
    let mutex = Arc::new(Mutex::new(1u64));
    let mut all = Vec::new();
    for _ in 0..TASKS {
        let mutex = mutex.clone();
        all.push(tokio::spawn(async move {
            for _ in 0..count / TASKS {
                let mut guarded = mutex.lock().await;
                *guarded = work(*guarded, STEPS_IN_100_NS);
            }
        }));
    }
    for task in all {
        task.await.unwrap();
    }
    crate::keep(*mutex.lock().await);
}

pub async fn parallel_work(count: usize) {
    const TASKS: usize = 8;
    let mut all = Vec::new();
    for _ in 0..TASKS {
        let (sender, results) = flume::bounded(0);
        all.push(tokio::spawn(async move {
            let mut value = 1;
            for _ in 0..count / TASKS {
                value = work(value, 100 * STEPS_IN_100_NS);
                sender.send_async(value).await.unwrap();
            }
        }));
        all.push(tokio::spawn(async move {
            let mut sum = 0u64;
            while let Ok(value) = results.recv_async().await {
                sum = sum.wrapping_add(value);
            }
            crate::keep(sum);
        }));
    }
    for task in all {
        task.await.unwrap();
    }
}
