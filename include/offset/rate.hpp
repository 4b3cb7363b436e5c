/// \file
/// The whole room rate.
#pragma once

#include <offset/rate/limiter.hpp>
#include <offset/rate/sometimes.hpp>
