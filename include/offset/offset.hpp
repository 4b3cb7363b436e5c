/// \file
/// Everything: goroutines, channels, select, contexts, structured concurrency, and the rooms time,
/// sync, rate, io, os, testing.
#pragma once

#include <offset/chan.hpp>
#include <offset/completion.hpp>
#include <offset/config.hpp>
#include <offset/context.hpp>
#include <offset/error.hpp>
#include <offset/go.hpp>
#include <offset/group.hpp>
#include <offset/io.hpp>
#include <offset/os.hpp>
#include <offset/rate.hpp>
#include <offset/runtime.hpp>
#include <offset/select.hpp>
#include <offset/sync.hpp>
#include <offset/task.hpp>
#include <offset/testing.hpp>
#include <offset/time.hpp>
#include <offset/version.hpp>
