// Why a goroutine waits, in the words of Go's dumps.
#pragma once

#include <cstdint>

namespace offset::inline v0::sched {

enum class wait_reason : std::uint8_t {
  none,
  chan_receive,
  chan_send,
  chan_receive_nil,
  chan_send_nil,
  select,
  select_no_cases,
  sleep,
  mutex_lock,
  rw_mutex_rlock,
  rw_mutex_lock,
  cond_wait,
  wait_group_wait,
  once,
  semacquire,
  blocking,
  task,
  completion,
  wait_idle,
};

inline const char* to_string(wait_reason r) noexcept {
  switch (r) {
    case wait_reason::none: return "waiting";
    case wait_reason::chan_receive: return "chan receive";
    case wait_reason::chan_send: return "chan send";
    case wait_reason::chan_receive_nil: return "chan receive (nil chan)";
    case wait_reason::chan_send_nil: return "chan send (nil chan)";
    case wait_reason::select: return "select";
    case wait_reason::select_no_cases: return "select (no cases)";
    case wait_reason::sleep: return "sleep";
    case wait_reason::mutex_lock: return "sync.Mutex.Lock";
    case wait_reason::rw_mutex_rlock: return "sync.RWMutex.RLock";
    case wait_reason::rw_mutex_lock: return "sync.RWMutex.Lock";
    case wait_reason::cond_wait: return "sync.Cond.Wait";
    case wait_reason::wait_group_wait: return "sync.WaitGroup.Wait";
    case wait_reason::once: return "sync.Once.Do";
    case wait_reason::semacquire: return "semacquire";
    case wait_reason::blocking: return "syscall";
    case wait_reason::task: return "task wait";
    case wait_reason::completion: return "completion wait";
    case wait_reason::wait_idle: return "synctest.Wait";
  }
  return "waiting";
}

}  // namespace offset::inline v0::sched
