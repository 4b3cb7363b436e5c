//! Messages between tasks.

use tokio::sync::mpsc;

pub async fn ping_pong(count: usize) {
    let (ping, pinged) = flume::bounded::<usize>(0);
    let (pong, ponged) = flume::bounded::<usize>(0);
    tokio::spawn(async move {
        while let Ok(value) = pinged.recv_async().await {
            pong.send_async(value).await.unwrap();
        }
    });
    for n in 0..count {
        ping.send_async(n).await.unwrap();
        ponged.recv_async().await.unwrap();
    }
}

pub async fn one_to_one(count: usize) {
    let (sender, mut receiver) = mpsc::channel::<usize>(128);
    let sending = tokio::spawn(async move {
        for n in 0..count {
            sender.send(n).await.unwrap();
        }
    });
    let receiving = tokio::spawn(async move { while receiver.recv().await.is_some() {} });
    sending.await.unwrap();
    receiving.await.unwrap();
}

pub async fn many_to_many(count: usize, width: usize, capacity: usize) {
    let (sender, receiver) = flume::bounded::<usize>(capacity);
    let share = count / width;
    let mut all = Vec::new();
    for _ in 0..width {
        let sender = sender.clone();
        all.push(tokio::spawn(async move {
            for n in 0..share {
                sender.send_async(n).await.unwrap();
            }
        }));
        let receiver = receiver.clone();
        all.push(tokio::spawn(async move {
            for _ in 0..share {
                receiver.recv_async().await.unwrap();
            }
        }));
    }
    for task in all {
        task.await.unwrap();
    }
}

pub async fn ring(count: usize) {
    const TASKS: usize = 10_000;
    let (first, mut from) = flume::bounded::<usize>(0);
    for _ in 1..TASKS {
        let (to, next) = flume::bounded::<usize>(0);
        let mine = std::mem::replace(&mut from, next);
        tokio::spawn(async move {
            while let Ok(value) = mine.recv_async().await {
                if to.send_async(value).await.is_err() {
                    break;
                }
            }
        });
    }
    // The caller is the last of the ring.
    for rounds in 0..count / TASKS {
        first.send_async(rounds).await.unwrap();
        from.recv_async().await.unwrap();
    }
}

async fn filter(from: flume::Receiver<usize>, to: flume::Sender<usize>, prime: usize) {
    while let Ok(n) = from.recv_async().await {
        if n % prime != 0 && to.send_async(n).await.is_err() {
            return;
        }
    }
}

pub async fn sieve(count: usize) {
    let (sender, mut numbers) = flume::bounded::<usize>(0);
    tokio::spawn(async move {
        let mut n = 2;
        while sender.send_async(n).await.is_ok() {
            n += 1;
        }
    });
    let mut prime = 0;
    for _ in 0..count {
        prime = numbers.recv_async().await.unwrap();
        let (to, rest) = flume::bounded::<usize>(0);
        tokio::spawn(filter(std::mem::replace(&mut numbers, rest), to, prime));
    }
    assert_eq!(prime, 17_389, "sieve: that is not the 2,000th prime");
}
