//! Selects over flume's channels without buffers; each makes its futures anew, as a select in a loop does.

/// Starts those who send `count` numbers, as many to each channel: a task for each, or one that
/// sends to all of them in turns.
fn produce(channels: Vec<flume::Sender<usize>>, count: usize, in_turns: bool) {
    let share = count / channels.len();
    if in_turns {
        tokio::spawn(async move {
            for n in 0..share {
                for c in &channels {
                    c.send_async(n).await.unwrap();
                }
            }
        });
        return;
    }
    for c in channels {
        tokio::spawn(async move {
            for n in 0..share {
                c.send_async(n).await.unwrap();
            }
        });
    }
}

fn channels(count: usize) -> (Vec<flume::Sender<usize>>, Vec<flume::Receiver<usize>>) {
    (0..count).map(|_| flume::bounded(0)).unzip()
}

/// The senders are kept, so that no channel closes before the last select.
pub async fn of_2(count: usize, in_turns: bool) {
    let (senders, c) = channels(2);
    produce(senders.clone(), count, in_turns);
    let (a, b) = (&c[0], &c[1]);
    let mut sum = 0;
    for _ in 0..count {
        tokio::select! {
            value = a.recv_async() => sum += value.unwrap() as i64,
            value = b.recv_async() => sum -= value.unwrap() as i64,
        }
    }
    assert_eq!(sum, 0, "select: a message was lost");
}

pub async fn of_8(count: usize, in_turns: bool) {
    let (senders, c) = channels(8);
    produce(senders.clone(), count, in_turns);
    let mut sum = 0;
    for _ in 0..count {
        tokio::select! {
            value = c[0].recv_async() => sum += value.unwrap() as i64,
            value = c[1].recv_async() => sum -= value.unwrap() as i64,
            value = c[2].recv_async() => sum += value.unwrap() as i64,
            value = c[3].recv_async() => sum -= value.unwrap() as i64,
            value = c[4].recv_async() => sum += value.unwrap() as i64,
            value = c[5].recv_async() => sum -= value.unwrap() as i64,
            value = c[6].recv_async() => sum += value.unwrap() as i64,
            value = c[7].recv_async() => sum -= value.unwrap() as i64,
        }
    }
    assert_eq!(sum, 0, "select: a message was lost");
}

/// What tokio has for one case and a default: a receive that does not wait.
pub async fn default_1(count: usize) {
    let (_sender, receiver) = flume::bounded::<usize>(0);
    let mut nothing = 0usize;
    for _ in 0..count {
        if receiver.try_recv().is_err() {
            nothing += 1;
        }
    }
    crate::keep(nothing);
}

pub async fn default_2(count: usize) {
    let (_senders, c) = channels(2);
    let mut nothing = 0usize;
    for _ in 0..count {
        tokio::select! {
            biased; // so that all of them are looked at
            _ = c[0].recv_async() => {}
            _ = c[1].recv_async() => {}
            _ = std::future::ready(()) => nothing += 1,
        }
    }
    crate::keep(nothing);
}
