/// \file
/// Everything: goroutines, channels, select, contexts, time, sync, testing.
#pragma once

#include <offset/chan.hpp>
#include <offset/config.hpp>
#include <offset/context.hpp>
#include <offset/error.hpp>
#include <offset/go.hpp>
#include <offset/runtime.hpp>
#include <offset/select.hpp>
#include <offset/sync.hpp>
#include <offset/testing.hpp>
#include <offset/time.hpp>
#include <offset/version.hpp>
