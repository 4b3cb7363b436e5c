/// \file
/// The whole room time.
#pragma once

#include <offset/time/sleep.hpp>
#include <offset/time/ticker.hpp>
#include <offset/time/timer.hpp>
