// The one place where Asio and Beast are compiled (BOOST_ASIO_SEPARATE_COMPILATION): everybody else includes
// declarations only, which halves the build time of the files that speak to sockets.

#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
