// Of Linux, and not in the modules that Swift brings.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timex.h>
