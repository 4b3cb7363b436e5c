/// \file
/// The whole room testing, but for <offset/testing/gtest.hpp>, which needs GoogleTest.
#pragma once

#include <offset/testing/bubble.hpp>
#include <offset/testing/explore.hpp>
