/// \file
/// The whole room sync.
#pragma once

#include <offset/sync/cond.hpp>
#include <offset/sync/map.hpp>
#include <offset/sync/mutex.hpp>
#include <offset/sync/once.hpp>
#include <offset/sync/pool.hpp>
#include <offset/sync/rw_mutex.hpp>
#include <offset/sync/semaphore.hpp>
#include <offset/sync/single_flight.hpp>
#include <offset/sync/wait_group.hpp>
