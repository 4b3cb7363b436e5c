//! What concerns the system: files, threads, CPU time.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

const BLOCK: usize = 4_096;
const BLOCKS: usize = 256;

/// A file of that many blocks that has no name.
fn make_file() -> File {
    let path = std::env::temp_dir().join(format!("offset_bench_{}", std::process::id()));
    let mut file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    file.write_all(&vec![0; BLOCK * BLOCKS]).unwrap();
    file
}

pub async fn pread(count: usize) {
    const TASKS: usize = 100;
    let file = Arc::new(make_file());
    let mut all = Vec::new();
    for i in 0..TASKS {
        let file = file.clone();
        all.push(tokio::spawn(async move {
            let mut buffer = vec![0; BLOCK];
            for n in 0..count / TASKS {
                let file = file.clone();
                // The buffer goes to the thread and comes back.
                buffer = tokio::task::spawn_blocking(move || {
                    file.read_exact_at(&mut buffer, ((i + n) % BLOCKS * BLOCK) as u64).unwrap();
                    buffer
                })
                .await
                .unwrap();
            }
        }));
    }
    for task in all {
        task.await.unwrap();
    }
}

pub async fn wake(count: usize) {
    let (sender, sent) = flume::bounded::<Instant>(0);
    let (seen, back) = flume::bounded::<()>(0);
    let outside = std::thread::spawn(move || {
        for _ in 0..count {
            // Long enough for the runtime's threads to fall asleep.
            std::thread::sleep(Duration::from_micros(200));
            sender.send(Instant::now()).unwrap();
            back.recv().unwrap();
        }
    });
    let mut took = Vec::new();
    while let Ok(at) = sent.recv_async().await {
        took.push(at.elapsed().as_nanos() as f64 / 1e3);
        seen.send_async(()).await.unwrap();
    }
    outside.join().unwrap();
    took.sort_by(f64::total_cmp);
    crate::report("wake_outside_p50", took[took.len() / 2], "µs");
    crate::report("wake_outside_p99", took[took.len() * 99 / 100], "µs");
}

/// Milliseconds of CPU that the process has used.
fn used() -> f64 {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    let ms = |t: libc::timeval| t.tv_sec as f64 * 1e3 + t.tv_usec as f64 / 1e3;
    ms(usage.ru_utime) + ms(usage.ru_stime)
}

pub async fn idle_cpu(count: usize) {
    let (sender, never) = flume::bounded::<()>(0);
    for _ in 0..count {
        let never = never.clone();
        tokio::spawn(async move {
            let _ = never.recv_async().await;
        });
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = used();
    tokio::time::sleep(Duration::from_secs(10)).await;
    crate::report("idle_cpu", used() - before, "ms");
    drop(sender);
}
