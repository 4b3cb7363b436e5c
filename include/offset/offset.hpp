/// \file
/// Everything: goroutines, channels, select, contexts, time, sync, groups.
#pragma once

#include <offset/chan.hpp>
#include <offset/completion.hpp>
#include <offset/config.hpp>
#include <offset/context.hpp>
#include <offset/error.hpp>
#include <offset/go.hpp>
#include <offset/group.hpp>
#include <offset/runtime.hpp>
#include <offset/select.hpp>
#include <offset/sync.hpp>
#include <offset/task.hpp>
#include <offset/time.hpp>
#include <offset/version.hpp>
